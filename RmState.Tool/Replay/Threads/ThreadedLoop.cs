namespace Rm.Tool.Replay.Threads;

/// <summary>
/// Replays a trace as it was recorded: the events of each thread in their order on a thread of its own. An event waits for nothing but
/// objects that another thread has yet to allocate, and for the slowest thread where it is too far ahead of it.
/// </summary>
internal sealed class ThreadedLoop
{
    // Short turns, so that a prefix of the trace has many hand-overs.
    private const int WarmUpTurn = 100;

    private readonly ReplayScript _trace;
    private readonly ThreadedScript _whole;
    private readonly nint[] _blocks;
    private readonly int _window;
    private ThreadedScript? _prefix;

    /// <summary>Takes a trace apart.</summary>
    /// <exception cref="ArgumentException">It has too many threads.</exception>
    public ThreadedLoop(ReplayScript trace, int window = EventWindow.Usual)
    {
        _trace = trace;
        _whole = ThreadedScript.Of(trace);
        _window = window;

        // Touched here and now: what the replay touches first is then the heap's memory and not this table's.
        _blocks = GC.AllocateUninitializedArray<nint>(trace.ObjectCount);
        _blocks.AsSpan().Clear();
    }

    /// <summary>Of the last replay of the whole trace.</summary>
    public ThreadFigures? Figures { get; private set; }

    /// <summary>Replays the whole trace, or, to warm up, its first events dealt to as many threads.</summary>
    public void Run<THeap>(ref THeap heap, ReplayScript script, Span<nint> blocks, int end, ReplayTally tally)
        where THeap : struct, ISharedHeap<THeap>
    {
        bool isWhole = end == _trace.EventCount;
        ThreadedScript events = isWhole ? _whole : _prefix ??= ThreadedScript.Deal(_trace, end, _whole.Threads.Count, WarmUpTurn);
        _blocks.AsSpan(0, events.Ids.Count).Clear();
        var run = new ThreadedRun(events, _blocks, _window);
        ThreadWorker[] workers = Work(run, heap, tally.Clock);
        foreach (ThreadWorker worker in workers)
        {
            tally.Add(worker.Tally);
        }

        run.ThrowIfFailed(tally);
        tally.Expect("events replayed", end, workers.Sum(static w => (long)w.Done));
        tally.NextObject = events.Ids.Count;
        tally.Event = end - 1;
        KeepLive(events, blocks, tally);
        if (isWhole)
        {
            Figures = FiguresOf(run, workers);
            tally.Expect("bytes live when every thread had ended", (long)_trace.Statistics.LiveBytes, run.Window.LiveBytes());
        }
    }

    /// <summary>Starts a thread for each of a replay's, lets them begin together, and waits for all.</summary>
    internal static ThreadWorker[] Work<THeap>(ThreadedRun run, THeap heap, ReplayClock clock)
        where THeap : struct, ISharedHeap<THeap>
    {
        ThreadWorker[] workers = [.. run.Script.Threads.Select((_, number) => new HeapWorker<THeap>(run, number, heap))];
        run.Workers = workers;
        using var ready = new CountdownEvent(Math.Max(1, workers.Length));
        using var gate = new ManualResetEventSlim();
        Thread[] threads = [.. workers.Select(worker => new Thread(() => worker.Run(AwaitStart)) { IsBackground = true })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        if (threads.Length > 0)
        {
            ready.Wait();
        }

        clock.Start(ofProcess: true);
        gate.Set();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        clock.Stop();
        run.LookAtLiveBytes();
        return workers;

        void AwaitStart()
        {
            ready.Signal();
            gate.Wait();
        }
    }

    // Checks the live blocks and leaves all as a replay on one thread does: by the trace's number, 0 for those freed.
    private void KeepLive(ThreadedScript events, Span<nint> blocks, ReplayTally tally)
    {
        var checking = new ReplayTally { Ids = events.Ids, Event = tally.Event };
        for (int id = 0; id < events.Ids.Count; id++)
        {
            int number = events.Ids[id];
            nint block = events.IsReleased[id] ? 0 : _blocks[id];
            blocks[number] = block;
            if (block != 0)
            {
                BlockPattern.Check(block, 0, events.Sizes[id], id, BlockPattern.ValueOf(id), checking);
                BlockPattern.Write(block, events.Sizes[id], number);
            }
        }

        tally.Add(checking);
    }

    private ThreadFigures FiguresOf(ThreadedRun run, ThreadWorker[] workers) => new()
    {
        Threads = workers.Length,
        Waits = workers.Sum(static w => w.Waits),
        HoldUps = workers.Sum(static w => w.HoldUps),
        WaitingNanosecondsPerEvent = workers.Sum(static w => w.Waiting.TotalNanoseconds) / Math.Max(1, _trace.EventCount),
        PeakLiveBytes = run.PeakLiveBytes,
    };
}
