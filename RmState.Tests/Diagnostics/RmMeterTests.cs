using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Diagnostics;

/// <summary>What a listener reads is what the states did, whoever comes, goes, resets or is dropped.</summary>
public sealed class RmMeterTests : LeakChecked
{
    private readonly MeterRecorder _recorder = new();

    public override void Dispose()
    {
        _recorder.Dispose();
        base.Dispose();
    }

    [Fact]
    public void EveryCounterIsReadFromTheStatesBeginning()
    {
        RmState state = NewState(new RmStateOptions { Name = "a" });
        nint block = state.RmMalloc(100);
        state.RmRetain(block);
        state.RmRetain(block);
        state.RmRelease(block);
        using var meter = new RmMeter(_recorder);
        meter.Add(state);
        nint other = state.RmMalloc(30);
        other = state.RmRealloc(other, 50);
        state.RmAttach(Fakes.Address(1), Fakes.Leave);
        state.RmDetach(Fakes.Address(1));
        state.RmRelease(other);
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(Fakes.Address(2)));
        Assert.Throws<UntrackedPointerException>(() => state.RmRetain(Fakes.Address(2)));
        Assert.Throws<AlreadyTrackedException>(() => state.RmAttach(block, Fakes.Leave));

        RmStatistics expected = state.Statistics;
        Assert.Equal(
            new Dictionary<string, long>(StringComparer.Ordinal)
            {
                ["rmstate.blocks.live{rmstate.state.name=a}"] = 1,
                ["rmstate.bytes.live{rmstate.state.name=a}"] = 100,
                ["rmstate.bytes.peak{rmstate.state.name=a}"] = expected.PeakBytes,
                ["rmstate.table.bytes{rmstate.state.name=a}"] = expected.TableBytes,
                ["rmstate.allocations{rmstate.state.name=a}"] = 2,
                ["rmstate.reallocations{rmstate.state.name=a}"] = 1,
                ["rmstate.attaches{rmstate.state.name=a}"] = 1,
                ["rmstate.retains{rmstate.state.name=a}"] = 2,
                ["rmstate.releases{rmstate.state.name=a}"] = 2,
                ["rmstate.detaches{rmstate.state.name=a}"] = 1,
                ["rmstate.frees{rmstate.state.name=a}"] = 1,
                ["rmstate.violations{rmstate.state.name=a,kind=UntrackedPointer}"] = 2,
                ["rmstate.violations{rmstate.state.name=a,kind=AlreadyTracked}"] = 1,
            },
            OfStates());
        Assert.Equal(150, expected.PeakBytes);
        Assert.True(expected.TableBytes > 0);
        state.RmRelease(block);
        state.RmRelease(block);
    }

    [Fact]
    public void InstrumentsHaveUnitsAndDescriptions()
    {
        using var meter = new RmMeter(_recorder);

        Assert.Equal(20, _recorder.Instruments.Count);
        Assert.All(_recorder.Instruments, i => Assert.False(string.IsNullOrEmpty(i.Unit) || string.IsNullOrEmpty(i.Description), i.Name));
        Assert.All(_recorder.Instruments, i => Assert.True(i.IsObservable, i.Name));
        Assert.All(_recorder.Instruments, i => Assert.Equal(i.Unit is "By", i.Name.Contains("bytes", StringComparison.Ordinal)));
        Assert.Equal(("RmState", "0.1.0"), (_recorder.Instruments[0].Meter.Name, _recorder.Instruments[0].Meter.Version));
    }

    [Fact]
    public void StatesOfOneNameAreAddedUpAndTheEndedOnesStayInTheCounters()
    {
        using var meter = new RmMeter(_recorder);
        RmState first = NewState(new RmStateOptions { Name = "job" });
        RmState second = NewState(new RmStateOptions { Name = "job" });
        meter.Add(first);
        meter.Add(second);
        first.RmMalloc(100);
        first.RmMalloc(100);
        second.RmMalloc(10);
        Assert.Throws<UntrackedPointerException>(() => first.RmRelease(Fakes.Address(1)));
        AssertJob(blocks: 3, bytes: 210, allocations: 3, frees: 0);

        first.Dispose();
        AssertJob(blocks: 1, bytes: 10, allocations: 3, frees: 2);
        AssertJob(blocks: 1, bytes: 10, allocations: 3, frees: 2);
        Assert.Equal(200, _recorder.Read()["rmstate.bytes.peak{rmstate.state.name=job}"]);
        Assert.Equal(1, _recorder.Read()["rmstate.violations{rmstate.state.name=job,kind=UntrackedPointer}"]);

        second.Dispose();
        AssertJob(blocks: 0, bytes: 0, allocations: 3, frees: 3);
        Assert.Equal(0, _recorder.Read()["rmstate.table.bytes{rmstate.state.name=job}"]);
    }

    [Fact]
    public void CountersGoOnAfterAReset()
    {
        using var meter = new RmMeter(_recorder);
        RmState state = NewState(new RmStateOptions { Name = "job", DisposePolicy = RmDisposePolicy.Free });
        meter.Add(state);
        for (int i = 1; i <= 3; i++)
        {
            nint block = state.RmMalloc(8);
            state.RmRetain(block);
            state.RmRelease(block);
            state.Reset();
            AssertJob(blocks: 0, bytes: 0, allocations: i, frees: i);
            Assert.Equal(i, _recorder.Read()["rmstate.retains{rmstate.state.name=job}"]);
            Assert.Equal(i, _recorder.Read()["rmstate.releases{rmstate.state.name=job}"]);
        }

        Assert.Equal(0, state.Statistics.Allocations);
    }

    [Fact]
    public void ADroppedStateIsCollectedAndItsBlocksAreNotCountedAsFreed()
    {
        using var meter = new RmMeter(_recorder);
        nint attached = Blocks.Malloc();
        WeakReference state = Drop(meter, attached);
        for (int i = 0; i < 500 && _recorder.Read()["rmstate.blocks.live{rmstate.state.name=job}"] != 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(state.IsAlive);
        AssertJob(blocks: 0, bytes: 0, allocations: 1, frees: 1);
        Assert.Equal(1, _recorder.Read()["rmstate.attaches{rmstate.state.name=job}"]);
        Blocks.Free(attached);
    }

    [Fact]
    public void StatesThatEndUnreadAreLetGo()
    {
        using var meter = new RmMeter(_recorder);
        var headers = new List<WeakReference>();
        for (int i = 0; i < 1000; i++)
        {
            headers.Add(AddEnded(meter));
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.InRange(headers.Count(h => h.IsAlive), 0, 200);
        AssertJob(blocks: 0, bytes: 0, allocations: 1000, frees: 1000);
    }

    [Fact]
    public void TagsMakeSeriesWhateverTheirOrder()
    {
        using var meter = new RmMeter(_recorder);
        KeyValuePair<string, object?> x = new("x", 1);
        KeyValuePair<string, object?> y = new("y", "2");
        foreach (KeyValuePair<string, object?>[] tags in new KeyValuePair<string, object?>[][] { [x, y], [y, x], [x], [] })
        {
            RmState state = NewState();
            meter.Add(state, tags);
            state.RmRelease(state.RmMalloc(1));
        }

        Assert.Equal(
            [("rmstate.allocations", 1), ("rmstate.allocations{x=1,y=2}", 2), ("rmstate.allocations{x=1}", 1)],
            OfStates().Where(m => m.Key.StartsWith("rmstate.allocations", StringComparison.Ordinal))
                .Select(m => (m.Key, m.Value)).OrderBy(m => m.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void BadTagsAndStatesAddedTwiceAreRefused()
    {
        using var meter = new RmMeter(_recorder);
        RmState state = NewState(new RmStateOptions { Name = "a" });
        Assert.Throws<ArgumentNullException>(() => meter.Add((RmState)null!));
        Assert.Throws<ArgumentException>(() => meter.Add(state, new KeyValuePair<string, object?>(null!, 1)));
        Assert.Throws<ArgumentException>(() => meter.Add(state, new KeyValuePair<string, object?>("rmstate.state.name", 1)));
        Assert.DoesNotContain(_recorder.Read(), m => !m.Key.StartsWith("rmstate.arena", StringComparison.Ordinal));
        meter.Add(state);
        Assert.Throws<ArgumentException>(() => meter.Add(state));
        Assert.Throws<ArgumentException>(() => meter.Add(state, new KeyValuePair<string, object?>("x", 1)));
        RmState ended = NewState();
        ended.Dispose();
        Assert.Throws<ObjectDisposedException>(() => meter.Add(ended));
        meter.Dispose();
        meter.Dispose();
        Assert.Throws<ObjectDisposedException>(() => meter.Add(NewState()));
        Assert.Empty(_recorder.Read());
    }

    [Fact]
    public void AMeterOfItsOwnGoesWithIt()
    {
        int completed = 0;
        string name = $"own {Guid.NewGuid()}";
        long read = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument is { Name: "rmstate.allocations", Meter: { Name: RmMeter.MeterName, Scope: null } })
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
            MeasurementsCompleted = (_, _) => completed++,
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => read += Equals(tags[0].Value, name) ? value : 0);
        listener.Start();
        RmState state = NewState(new RmStateOptions { Name = name });
        state.RmRelease(state.RmMalloc(1));
        var meter = new RmMeter();
        meter.Add(state);
        listener.RecordObservableInstruments();
        Assert.Equal(1, read);

        meter.Dispose();
        Assert.True(completed > 0);
        listener.RecordObservableInstruments();
        Assert.Equal(1, read);
    }

    private Dictionary<string, long> OfStates() => _recorder.Read()
        .Where(m => !m.Key.StartsWith("rmstate.arena", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);

    private void AssertJob(long blocks, long bytes, long allocations, long frees)
    {
        IReadOnlyDictionary<string, long> read = _recorder.Read();
        Assert.Equal(
            (blocks, bytes, allocations, frees),
            (read["rmstate.blocks.live{rmstate.state.name=job}"], read["rmstate.bytes.live{rmstate.state.name=job}"],
                read["rmstate.allocations{rmstate.state.name=job}"], read["rmstate.frees{rmstate.state.name=job}"]));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Drop(RmMeter meter, nint attached)
    {
        var state = new RmState(new RmStateOptions { Name = "job" });
        meter.Add(state);
        state.RmRelease(state.RmMalloc(8));
        state.RmAttach(attached, Fakes.Leave);
        return new WeakReference(state);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference AddEnded(RmMeter meter)
    {
        using var state = new RmState(new RmStateOptions { Name = "job" });
        meter.Add(state);
        state.RmRelease(state.RmMalloc(8));
        return new WeakReference(state.Life);
    }
}
