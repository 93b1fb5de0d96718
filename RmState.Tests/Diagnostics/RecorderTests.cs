using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Tool.Traces;
using Rm.Violations;

namespace Rm.Tests.Diagnostics;

/// <summary>A recording says what the state did, whatever the stream, the state and the caller do meanwhile.</summary>
public sealed class RecorderTests : LeakChecked
{
    [Fact]
    public void EveryOperationReadsBackAsItWasHeard()
    {
        RmState state = NewState(new RmStateOptions { Name = "décodeur" });
        var observer = new HearingObserver();
        state.AddObserver(observer);
        byte[] file = RecordingFiles.Of(state, () =>
        {
            nint a = state.RmMalloc(8, "a.cs", 1);
            nint b = state.RmCalloc(3, 5, "a.cs", 2);
            nint c = state.RmAlignedAlloc(256, 1000, "b.cs", int.MaxValue);
            state.RmRetain(a, "b.cs", 3);
            state.RmRelease(a, "a.cs", 1);
            a = state.RmRealloc(a, 1 << 20, "a.cs", 2);
            a = state.RmRealloc(a, 1 << 20, "a.cs", 2);
            state.RmAttach(Fakes.Address(1) + 3, Fakes.Leave, file: "c.cs", line: 4);
            state.RmAttach(Fakes.Address(9), Fakes.Leave, 77, "c.cs", 5);
            state.RmAttach(-16, Fakes.Leave, 0, "c.cs", 5);
            state.RmAttach(1, Fakes.Leave, 1 << 20, "c.cs", 5);
            Assert.Throws<UntrackedPointerException>(() => state.RmRelease(a + 1));
            state.RmDetach(Fakes.Address(1) + 3, "d.cs", 6);
            foreach (nint block in (nint[])[a, b, c, Fakes.Address(9), -16, 1])
            {
                state.RmRelease(block, "e.cs", 7);
            }
        });

        Assert.Equal(observer.All, RecordingFiles.Heard(file));
        List<RecordedEvent> events = RecordingFiles.Read(file, out RecordingReader reader);
        Assert.Equal("décodeur", reader.StateName);
        Assert.InRange(reader.Began!.Value, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.True(reader.IsComplete);
        Assert.Equal((RecordedKind.Begin, RecordedKind.End), (events[0].Kind, events[^1].Kind));
        Assert.Equal(
            (RecordedMisuse.Untracked, RecordedMember.Release),
            events.Where(e => e.Kind == RecordedKind.Violation).Select(e => (e.Misuse, e.Member)).Single());
        Assert.Equal("b.cs:2147483647", $"{reader.Sites[events.Single(e => e.Kind == RecordedKind.Aligned).Site]}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomWorkReadsBackAsItWasHeard(int seed)
    {
        RmState state = NewState();
        var work = new RandomWork(state, seed);
        work.Run(500);
        var observer = new HearingObserver();
        long live = state.Statistics.LiveBlocks;
        byte[] file = RecordingFiles.Of(state, () =>
        {
            state.AddObserver(observer);
            work.Run(60_000);
            work.ReleaseAll();
        });

        Assert.Equal(observer.All, RecordingFiles.Heard(file));
        List<RecordedEvent> events = RecordingFiles.Read(file);
        Assert.Equal(live, events.Count(e => e.Kind == RecordedKind.Live));
        Assert.Equal(events.Count(e => e.Born != RecordedEvent.None), events.Count(e => e.Ended != RecordedEvent.None));
        Assert.True(events.Zip(events.Skip(1), (one, next) => one.Microseconds <= next.Microseconds).All(ordered => ordered));
        Assert.InRange(events[^1].Microseconds, 1, 1_000_000_000);
    }

    [Fact]
    public void BlocksThatLivedBeforeAreThereWithTheirCountsAndSizes()
    {
        RmState state = NewState();
        nint a = state.RmMalloc(100);
        state.RmRetain(a);
        state.RmAttach(Fakes.Address(5), Fakes.Leave);
        byte[] file = RecordingFiles.Of(state, () => state.RmRelease(a, "x.cs", 1));
        state.RmRelease(a);
        state.RmRelease(Fakes.Address(5));

        List<RecordedEvent> events = RecordingFiles.Read(file);
        Assert.Equal(
            [(Fakes.Address(5), 1, RecordedEvent.UnknownSize), (a, 2, 100UL)],
            events.Where(e => e.Kind == RecordedKind.Live).Select(e => (e.Address, e.Count, e.Size)).OrderByDescending(e => e.Size));
        RecordedEvent release = events.Single(e => e.Kind == RecordedKind.Release);
        Assert.Equal((a, 1), (release.Address, release.Count));
    }

    [Fact]
    public void DisposeFreesWithoutACaller()
    {
        nint a = 0;
        byte[] file = RecordingFiles.Of(state =>
        {
            a = state.RmMalloc(16, "a.cs", 1);
            state.RmRetain(a);
        });

        RecordedEvent[] events = [.. RecordingFiles.Read(file).Where(e => e.Kind >= RecordedKind.Free)];
        Assert.Equal(
            [RecordedKind.Begin, RecordedKind.Ending, RecordedKind.Free, RecordedKind.Disposed, RecordedKind.End],
            events.Select(e => e.Kind));
        Assert.True(events[2].WithoutCaller);
        Assert.Equal((a, 16UL, 0), (events[2].Address, events[2].EndedSize, events[2].Site));
    }

    [Fact]
    public void AbandonedBlocksEnd()
    {
        RmState state = NewState(new RmStateOptions { DisposePolicy = RmDisposePolicy.Abandon });
        byte[] file = RecordingFiles.Of(state, () =>
        {
            state.RmAttach(Fakes.Address(1), Fakes.Leave);
            state.RmAttach(Fakes.Address(2), Fakes.Leave);
            Assert.NotNull(state.Reset());
            state.RmAttach(Fakes.Address(1), Fakes.Leave);
            Assert.NotNull(state.Reset());
            state.RmAttach(Fakes.Address(1), Fakes.Leave);
            state.Dispose();
        });

        Assert.Equal(
            [
                RecordedKind.Attach, RecordedKind.Attach, RecordedKind.Abandon, RecordedKind.Abandon,
                RecordedKind.Attach, RecordedKind.Abandon, RecordedKind.Attach, RecordedKind.Abandon,
            ],
            RecordingFiles.Read(file).Select(e => e.Kind).Where(k => k is RecordedKind.Attach or RecordedKind.Abandon));
    }

    [Fact]
    public void ARefusedDisposeEndsNothing()
    {
        RmState state = NewState(new RmStateOptions { DisposePolicy = RmDisposePolicy.ThrowIfLive });
        byte[] file = RecordingFiles.Of(state, () =>
        {
            nint a = state.RmMalloc(1);
            Assert.Throws<LiveBlocksException>(state.Dispose);
            state.RmRelease(a);
        });

        Assert.Equal(
            [RecordedKind.Begin, RecordedKind.Malloc, RecordedKind.Ending, RecordedKind.Violation, RecordedKind.Free, RecordedKind.End],
            RecordingFiles.Read(file).Select(e => e.Kind));
    }

    [Fact]
    public void AnAddressThatComesBackEndsTheBlockThatHeldIt()
    {
        var allocator = new ScriptedAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        byte[] file = RecordingFiles.Of(state, () =>
        {
            allocator.Next = Fakes.Address(1);
            state.RmMalloc(16);
            allocator.Next = Fakes.Address(1);
            state.RmMalloc(24);
            state.RmDetach(Fakes.Address(1));
        });

        RecordedEvent[] events = [.. RecordingFiles.Read(file).Where(e => e.Kind <= RecordedKind.Violation)];
        Assert.Equal(
            [RecordedKind.Malloc, RecordedKind.Abandon, RecordedKind.Malloc, RecordedKind.Violation, RecordedKind.Detach],
            events.Select(e => e.Kind));
        Assert.Equal((16UL, 24UL, RecordedMisuse.AddressReused), (events[1].EndedSize, events[2].Size, events[3].Misuse));
    }

    [Fact]
    public void SeveralRecordingsOfOneStateAreEqual()
    {
        RmState state = NewState();
        byte[]? inner = null;
        byte[] outer = RecordingFiles.Of(state, () => inner = RecordingFiles.Of(state, () =>
        {
            var work = new RandomWork(state, seed: 4);
            work.Run(1000);
            work.ReleaseAll();
        }));

        Assert.Equal(RecordingFiles.Heard(outer), RecordingFiles.Heard(inner!));
        Assert.NotEmpty(RecordingFiles.Heard(outer));
    }

    [Fact]
    public void NothingIsRecordedAfterTheEnd()
    {
        RmState state = NewState();
        using var stream = new MemoryStream();
        RmRecording recording = state.Record(stream);
        nint a = state.RmMalloc(1);
        recording.Dispose();
        recording.Dispose();
        long length = stream.Length;
        state.RmRelease(a);

        Assert.Equal((length, length), (stream.Length, recording.Bytes));
        Assert.Throws<ObjectDisposedException>(recording.Flush);
    }

    [Fact]
    public void FlushedPartIsReadableWhateverComesLater()
    {
        RmState state = NewState();
        using var stream = new MemoryStream();
        using RmRecording recording = state.Record(stream);
        nint a = state.RmMalloc(1);
        recording.Flush();
        byte[] flushed = stream.ToArray();
        state.RmRelease(a);

        Assert.Equal([RecordedKind.Begin, RecordedKind.Malloc], RecordingFiles.Read(flushed, out RecordingReader reader).Select(e => e.Kind));
        Assert.False(reader.IsComplete);
    }

    [Fact]
    public void RecordingGoesOnFromTheStreamsPosition()
    {
        RmState state = NewState();
        using var stream = new MemoryStream();
        stream.Write("before"u8);
        using (state.Record(stream))
        {
            state.RmRelease(state.RmMalloc(1));
        }

        byte[] file = stream.ToArray();
        Assert.Equal("before"u8, file.AsSpan(0, 6));
        Assert.Equal(4, RecordingFiles.Read(file[6..], out RecordingReader reader).Count);
        Assert.True(reader.IsComplete);
    }

    [Fact]
    public void AStreamThatCannotSeekGetsAnOpenEndedRecording()
    {
        RmState state = NewState();
        using var stream = new OneWayStream();
        using (state.Record(stream))
        {
            state.RmRelease(state.RmMalloc(1));
        }

        byte[] file = stream.ToArray();
        Assert.Equal(ulong.MaxValue, BitConverter.ToUInt64(file, 8));
        Assert.Equal(4, RecordingFiles.Read(file, out RecordingReader reader).Count);
        Assert.True(reader.IsComplete);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void AFailingStreamStopsTheRecordingAndNothingElse(int writes)
    {
        RmState state = NewState();
        using var stream = new OneWayStream { WritesLeft = writes };
        RmRecording recording = state.Record(stream);
        var work = new RandomWork(state, seed: 9);
        work.Run(400_000);
        work.AssertModelMatches();
        work.ReleaseAll();

        Assert.IsType<IOException>(recording.Failure);
        Assert.Equal(0, recording.Events);
        Assert.Same(recording.Failure, Assert.Throws<IOException>(recording.Dispose));
        recording.Dispose();
        Assert.Equal(stream.ToArray().Length, recording.Bytes);
        Assert.Equal(writes > 0, recording.Bytes > 0);
        state.Verify();
    }

    [Fact]
    public void AStreamThatFailsAtTheEndFailsDispose()
    {
        RmState state = NewState();
        using var stream = new OneWayStream { WritesLeft = 0 };
        RmRecording recording = state.Record(stream);
        state.RmRelease(state.RmMalloc(1));
        Assert.Null(recording.Failure);

        Assert.Throws<IOException>(recording.Dispose);
        Assert.IsType<IOException>(recording.Failure);
    }

    [Fact]
    public void AFileIsClosed()
    {
        RmState state = NewState();
        string path = Path.GetTempFileName();
        try
        {
            using (state.Record(path))
            {
                state.RmRelease(state.RmMalloc(1));
            }

            byte[] file = File.ReadAllBytes(path);
            Assert.Equal(4, RecordingFiles.Read(file).Count);
            Assert.NotEqual(ulong.MaxValue, BitConverter.ToUInt64(file, 8));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void BadArgumentsAreRefused()
    {
        RmState state = NewState();
        using var closed = new MemoryStream();
        closed.Dispose();

        Assert.Throws<ArgumentNullException>(() => state.Record((Stream)null!));
        Assert.Throws<ArgumentNullException>(() => state.Record((string)null!));
        Assert.Throws<ArgumentNullException>(() => RmRecorder.Record(null!, new MemoryStream()));
        Assert.Throws<ArgumentException>(() => state.Record(closed));
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => state.Record(new MemoryStream()));
        Assert.Throws<ObjectDisposedException>(() => state.Record("/no/such/file"));
    }

    [Fact]
    public void RecordingAllocatesNothingByEvent()
    {
        RmState state = NewState();
        using RmRecording recording = state.Record(Stream.Null);
        void Run(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                nint a = state.RmMalloc((nuint)(i & 1023));
                state.RmRetain(a);
                state.RmRelease(a);
                state.RmRelease(a);
            }
        }

        Run(1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(100_000);

        // Some for each of the buffers that were handed to the stream.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        Assert.InRange(recording.Events, 404_000, 410_000);
    }

    [Fact]
    public void LongNamesAreCut()
    {
        string name = new('名', 10_000);
        RmState state = NewState(new RmStateOptions { Name = name });
        byte[] file = RecordingFiles.Of(state, () => state.RmRelease(state.RmMalloc(1, name, 1), name, 1));

        RecordingFiles.Read(file, out RecordingReader reader);
        Assert.StartsWith(reader.StateName, name, StringComparison.Ordinal);
        Assert.StartsWith(reader.Sites[1].File, name, StringComparison.Ordinal);
        Assert.InRange(reader.Sites[1].File.Length, 1000, 1400);
    }
}
