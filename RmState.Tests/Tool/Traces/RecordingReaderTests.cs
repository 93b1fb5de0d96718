using FsCheck;
using FsCheck.Fluent;
using Rm.Diagnostics;
using Rm.Tests.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Traces;

/// <summary>Whatever happened to a recording, it reads as what was written, or fails with the one exception.</summary>
public sealed class RecordingReaderTests : LeakChecked
{
    private const int HeaderBytes = 16;
    private const ulong OpenEnded = ulong.MaxValue;

    public static TheoryData<string, int, int, ulong[]> BrokenRules => new()
    {
        { "op 15 does not exist", 15, 0, [] },
        { "flags 0x20, which its op does not have", 5, 0x20, [1] },
        { "flags 0x10, which its op does not have", 12, 0x10, [1] },
        { "Retain of 0x10, where nothing lives", 5, 0, [2] },
        { "Realloc of 0x10, where nothing lives", 2, 0, [2, 1] },
        { "site 1, and there are 1", 0, 0x10, [2, 1, 5] },
        { "file 0, and there are 0", 11, 0, [1, 0] },
        { "line 4294967296", 11, 0x20, [1UL << 32, 0] },
        { "a text of 4097 bytes", 11, 0x20, [1, 4097] },
        { "a size of", 0, 0, [2, (1UL << 56) + 1] },
        { "alignment 2^41", 4, 0, [2, 41, 1] },
        { "a count of 0", 9, 0, [2, 0] },
        { "a count of 9223372036854775808", 9, 0, [2, 1UL << 63] },
        { "violation 16 of member 0 does not exist", 10, 0, [2, 16, 0] },
        { "violation 0 of member 6 does not exist", 10, 0, [2, 0, 6] },
        { "mark 4 does not exist", 14, 0, [4] },
        { "mark 256 does not exist", 14, 0, [256] },
        { "a second beginning", 13, 0, [5] },
        { "microseconds more make over 2^60", 12, 0, [(1UL << 60) + 1] },
    };

    [Fact]
    public void TheExampleOfTheFormatReadsAsItsText()
    {
        RecordedEvent[] events = [.. RecordingFiles.Read(Example(), out RecordingReader reader)];

        Assert.True(reader.IsComplete);
        Assert.Equal("a.c", reader.StateName);
        Assert.Equal(DateTimeOffset.UnixEpoch, reader.Began);
        Assert.Equal([new RmSite("", 0), new RmSite("b.cs", 10)], reader.Sites);
        Assert.Equal(
            [
                (RecordedKind.Begin, -1, 0, 0, 0L), (RecordedKind.Malloc, 0, 1, 1, 0), (RecordedKind.Retain, 0, 2, 1, 0),
                (RecordedKind.Release, 0, 1, 1, 5000), (RecordedKind.Free, 0, 0, 1, 5000), (RecordedKind.End, -1, 0, 0, 5000),
            ],
            events.Select(e => (e.Kind, e.Object, (int)e.Count, e.Site, e.Microseconds)));
        Assert.All(events[1..5], e => Assert.Equal(0x5000_0000, e.Address));
        Assert.Equal((64UL, 64UL), (events[1].Size, events[4].EndedSize));
    }

    [Fact]
    public void UnfinishedRecordingCutAtAnyByteIsAPrefix()
    {
        byte[] file = Recording(seed: 1, steps: 300);
        OpenEnd(file);
        List<RecordedEvent> whole = RecordingFiles.Read(file);
        int last = 0;
        for (int length = HeaderBytes; length < file.Length; length++)
        {
            List<RecordedEvent> read = RecordingFiles.Read(file[..length], out RecordingReader reader);
            Assert.Equal(whole.Take(read.Count), read);
            Assert.InRange(read.Count, last, whole.Count - 1);
            Assert.False(reader.IsComplete);
            last = read.Count;
        }

        Assert.Equal(whole.Count - 1, last);
    }

    [Fact]
    public void FinishedRecordingCutAtAnyByteIsAnError()
    {
        byte[] file = Recording(seed: 2, steps: 100);
        for (int length = 0; length < file.Length; length++)
        {
            Assert.Contains(length < 4 ? "not an RMT2 trace" : "cut short", RecordingFiles.Failure(file[..length]), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhatFollowsIsAnError()
    {
        byte[] file = Recording(seed: 3, steps: 10);
        Assert.Contains("goes on after its last event", RecordingFiles.Failure([.. file, 0]), StringComparison.Ordinal);
        OpenEnd(file);
        Assert.Contains("goes on after its last event", RecordingFiles.Failure([.. file, 0]), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BrokenRules))]
    public void BrokenRuleIsNamedWithItsPlace(string cause, int op, int flags, ulong[] fields)
    {
        RecordingWriting writing = new RecordingWriting { PromisedEvents = OpenEnded }.Event(RecordingOp.Begin, 0, 300);
        string message = RecordingFiles.Failure(writing.Event((RecordingOp)op, flags, fields).ToArray());

        Assert.StartsWith("r.rmt: event 1 at byte 19: ", message, StringComparison.Ordinal);
        Assert.Contains(cause, message, StringComparison.Ordinal);
    }

    [Fact]
    public void OverfullHeapIsRefused()
    {
        byte[] file = new RecordingWriting()
            .Event(RecordingOp.Malloc, 0, 2, 1UL << 56)
            .Event(RecordingOp.Malloc, 0, 2, 1)
            .ToArray();

        Assert.Contains("1 bytes more make over 2^56 live ones", RecordingFiles.Failure(file), StringComparison.Ordinal);
    }

    [Fact]
    public void EarlyEndIsAnErrorWhereEventsWerePromised()
    {
        byte[] file = new RecordingWriting { PromisedEvents = 3 }.Event(RecordingOp.Mark, 0, 0).ToArray();

        Assert.Contains("the recording ends, and its header says 3 events", RecordingFiles.Failure(file), StringComparison.Ordinal);
    }

    [Fact]
    public void PromiseReservesNothing()
    {
        byte[] file = new RecordingWriting { PromisedEvents = int.MaxValue }.Event(RecordingOp.Clock, 0, 1).ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Contains("cut short", RecordingFiles.Failure(file), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        Assert.Contains("more than", RecordingFiles.Failure(RecordingWriting.Headed([], 1UL << 40)), StringComparison.Ordinal);
    }

    [Fact]
    public void ChangedBytesAreRefusedOrReadToAnEnd()
    {
        byte[] whole = Recording(seed: 5, steps: 200);
        int refused = 0;
        for (int seed = 0; seed < 4000; seed++)
        {
            byte[] file = (byte[])whole.Clone();
            var random = new Random(seed);
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                file[random.Next(HeaderBytes, file.Length)] = (byte)random.Next(256);
            }

            refused += IsRefused(file) ? 1 : 0;
        }

        Assert.InRange(refused, 500, 4000);
    }

    [Fact]
    public void RandomBytesNeverCrash() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000).WithQuietOnSuccess(true),
        Prop.ForAll(
            Gen.Choose(0, 255).ArrayOf().ToArbitrary(),
            numbers =>
            {
                byte[] events = [.. numbers.Select(n => (byte)n)];
                IsRefused(RecordingWriting.Headed(events));
                IsRefused(RecordingWriting.Headed(events, (ulong)(events.Length / 2)));
                IsRefused(events);
            }));

    [Fact]
    public void BothVersionsHaveOneWayIn()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, TraceWriter.Gzip(RandomTrace.Make(seed: 6, events: 500)));
            var first = new List<RecordedEvent>();
            RecordedEvents.Read(path, (_, read) => first.Add(read));
            Assert.Equal(500, first.Count);
            Assert.All(first, e => Assert.True(e.Kind <= RecordedKind.Realloc || e.Kind == RecordedKind.Free));
            Assert.Equal(first.Count(e => e.Born != RecordedEvent.None) - 1, first.Max(e => e.Born));

            File.WriteAllBytes(path, TraceWriter.Gzip(Recording(seed: 7, steps: 50)));
            var second = new List<RecordedEvent>();
            RecordedEvents.Read(path, (_, read) => second.Add(read));
            Assert.Equal(RecordingFiles.Read(Recording(seed: 7, steps: 50)).Count, second.Count);

            File.WriteAllText(path, "RMT3 is not known");
            string message = Assert.Throws<TraceException>(() => RecordedEvents.Read(path, (_, _) => { })).Message;
            Assert.Contains("neither RMT1 nor RMT2", message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // The example of docs/trace-format.md.
    private static byte[] Example() => new RecordingWriting { PromisedEvents = OpenEnded }
        .Raw(0x2D, 0x00, 0x03, 0x61, 0x2E, 0x63)
        .Raw(0x2B, 0x0A, 0x04, 0x62, 0x2E, 0x63, 0x73)
        .Raw(0x10, 0x80, 0x80, 0x80, 0x50, 0x01, 0x40)
        .Raw(0x05, 0x00)
        .Raw(0x0C, 0x88, 0x27)
        .Raw(0x06, 0x00)
        .Raw(0x03, 0x00)
        .Raw(0x0E, 0x00)
        .ToArray();

    private static bool IsRefused(byte[] file)
    {
        try
        {
            RecordingFiles.Read(file);
            return false;
        }
        catch (TraceException)
        {
            return true;
        }
    }

    private static void OpenEnd(byte[] file) => file.AsSpan(8, 8).Fill(0xFF);

    private byte[] Recording(int seed, int steps)
    {
        RmState state = NewState(new RmStateOptions { Name = "random" });
        return RecordingFiles.Of(state, () =>
        {
            var work = new RandomWork(state, seed);
            work.Run(steps);
            work.ReleaseAll();
        });
    }
}
