namespace Rm.Tool.Replay;

/// <summary>
/// Replays a trace and looks at the memory on the way, so its time means nothing. It keeps what it sees in memory that was
/// resident before.
/// </summary>
internal sealed class ReplaySampler
{
    private readonly int _snapshotAt;
    private readonly int _step;
    private readonly MemorySample[] _samples;
    private int _count;

    /// <summary>Prepares for a trace.</summary>
    /// <param name="script">The trace.</param>
    /// <param name="samples">How many samples to take at most; 0 for none.</param>
    /// <param name="snapshotAt">After how many events to describe the heap; -1 for never.</param>
    public ReplaySampler(ReplayScript script, int samples, int snapshotAt = ReplayRequest.NoSnapshot)
    {
        _snapshotAt = snapshotAt;
        _step = samples == 0 ? int.MaxValue : Math.Max(1, ((script.EventCount - 1) / samples) + 1);
        _samples = new MemorySample[samples == 0 ? 0 : ((script.EventCount - 1) / _step) + 2];
        Array.Fill(_samples, new MemorySample(-1, 0, 0, 0));
    }

    /// <summary>The heap where it was to be described; null if that was not reached, or there is no arena.</summary>
    public HeapSnapshot? Snapshot { get; private set; }

    /// <summary>What was seen by the last replay.</summary>
    /// <param name="startRss">Resident bytes before the heap was made.</param>
    public IReadOnlyList<MemorySample> Samples(long startRss) =>
        [.. _samples.AsSpan(0, _count).ToArray().Select(s => s with { ResidentBytes = Math.Max(0, s.ResidentBytes - startRss) })];

    /// <summary>Replays the events from the first up to one.</summary>
    public void Run<THeap>(ref THeap heap, ReplayScript script, Span<nint> blocks, int end, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>
    {
        using var meter = new ResidentMeter();
        var live = new LiveCursor();
        _count = 0;
        TakeSample(heap, meter, live, 0);
        TakeSnapshot(heap, script, blocks, 0);
        for (int done = 0; done < end;)
        {
            int next = (int)Math.Min(end, ((long)(done / _step) + 1) * _step);
            next = done < _snapshotAt ? Math.Min(next, _snapshotAt) : next;
            ReplayLoop.Run(ref heap, script, blocks, done, next, tally);
            live.AdvanceTo(script, next);
            done = next;
            TakeSnapshot(heap, script, blocks[..tally.NextObject], done);
            if (done % _step == 0 || done == end)
            {
                TakeSample(heap, meter, live, done);
            }
        }
    }

    private void TakeSnapshot<THeap>(THeap heap, ReplayScript script, ReadOnlySpan<nint> blocks, int done)
        where THeap : struct, IReplayHeap<THeap>
    {
        if (done == _snapshotAt && heap.Arena is { } arena)
        {
            Snapshot = HeapSnapshot.Of(arena, script, blocks, done);
        }
    }

    private void TakeSample<THeap>(THeap heap, ResidentMeter meter, LiveCursor live, int done)
        where THeap : struct, IReplayHeap<THeap>
    {
        if (_count < _samples.Length)
        {
            long? committed = heap.Arena is { } arena ? (long)arena.CommittedBytes : null;
            _samples[_count++] = new MemorySample(done, live.Bytes, meter.Read(), committed);
        }
    }
}
