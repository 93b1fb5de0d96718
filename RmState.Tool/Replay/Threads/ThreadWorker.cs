using System.Diagnostics.CodeAnalysis;

namespace Rm.Tool.Replay.Threads;

/// <summary>One thread of a replay.</summary>
internal abstract class ThreadWorker
{
    // The others hear this often how far a thread is; far fewer than the events that they may be ahead.
    private const int Slice = 256;

    // Slices between two looks at how much lives.
    private const int LookEvery = 4;

    private const int Spins = 4;
    private const int SpinLength = 8;
    private const int NoObject = -1;

    // Whoever announces an object may not see in time that it is awaited; that is rare, and then this is how long it takes.
    private static readonly TimeSpan LongestPark = TimeSpan.FromMilliseconds(20);

    private readonly object _parking = new();
    private readonly ThreadedRun _run;
    private readonly int _number;
    private long _limit = -1;
    private int _slices;
    private int _awaited = NoObject;

    /// <summary>Prepares.</summary>
    /// <param name="run">The replay.</param>
    /// <param name="number">The thread's number in the trace.</param>
    protected ThreadWorker(ThreadedRun run, int number)
    {
        _run = run;
        _number = number;
        Script = run.Script.Threads[number];
    }

    public ReplayTally Tally { get; private set; } = new();

    /// <summary>How many events were replayed.</summary>
    public int Done { get; private set; }

    /// <inheritdoc cref="ThreadFigures.Waits"/>
    public long Waits { get; private set; }

    /// <inheritdoc cref="ThreadFigures.HoldUps"/>
    public long HoldUps { get; private set; }

    /// <summary>Processor time that went into waiting.</summary>
    public TimeSpan Waiting { get; private set; }

    protected ThreadScript Script { get; }

    /// <summary>The thread's body: waits for the start and replays.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a heap throws ends the replay, and is thrown again where it began.")]
    public void Run(Action awaitStart)
    {
        // Made on this thread, so that the counters of two threads do not share a cache line.
        Tally = new ReplayTally { Ids = _run.Script.Ids, NextObject = Script.FirstObject };
        awaitStart();
        try
        {
            Replay();
        }
        catch (Exception e)
        {
            _run.Fail(e, Tally.Event);
        }
    }

    /// <summary>Waits for the block of an object that another thread has yet to allocate.</summary>
    /// <exception cref="OperationCanceledException">Another thread failed.</exception>
    public nint Await(int id)
    {
        Waits++;
        _run.Window.Publish(_number, Tally.Event);
        TimeSpan before = ThreadClock.Now;
        ref nint slot = ref _run.Blocks[id];
        for (int turn = 0; turn < Spins && Volatile.Read(ref slot) == 0; turn++)
        {
            Thread.SpinWait(SpinLength);
        }

        lock (_parking)
        {
            _awaited = id;
            _ = Interlocked.CompareExchange(ref slot, SharedBlocks.Awaited, 0);
            while (!SharedBlocks.IsBlock(Volatile.Read(ref slot)))
            {
                EndIfFailed();
                _ = Monitor.Wait(_parking, LongestPark);
            }

            _awaited = NoObject;
        }

        Waiting += ThreadClock.Now - before;
        return slot;
    }

    /// <summary>Tells whoever waits for an object that it is there.</summary>
    public void Announce(int id) => _run.Announce(id);

    /// <summary>Wakes the thread if it is this object that it waits for.</summary>
    public void Wake(int id)
    {
        if (Volatile.Read(ref _awaited) == id)
        {
            lock (_parking)
            {
                Monitor.Pulse(_parking);
            }
        }
    }

    /// <summary>Replays all events; calls <see cref="ReplaySlices"/>.</summary>
    protected abstract void Replay();

    /// <summary>Replays the events from one up to another.</summary>
    protected abstract void ReplaySlice(int start, int end);

    protected void ReplaySlices()
    {
        while (Done < Script.EventCount)
        {
            EndIfFailed();
            Publish();
            int end = EndOfSlice();
            ReplaySlice(Done, end);
            Done = end;
        }

        Publish();
    }

    private void Publish()
    {
        _run.Window.Publish(_number, Script, Done);
        if (_slices++ % LookEvery == 0)
        {
            _run.LookAtLiveBytes();
        }
    }

    private int EndOfSlice()
    {
        int end = Math.Min(Done + Slice, Script.EventCount);
        if (Script.Numbers[end - 1] <= _limit)
        {
            return end;
        }

        _limit = _run.Window.Limit();
        if (Script.Numbers[Done] > _limit)
        {
            AwaitTurn();
        }

        while (Script.Numbers[end - 1] > _limit)
        {
            end--;
        }

        return end;
    }

    private void AwaitTurn()
    {
        HoldUps++;
        TimeSpan before = ThreadClock.Now;
        while (Script.Numbers[Done] > (_limit = _run.Window.Limit()))
        {
            EndIfFailed();
            Thread.Sleep(1);
        }

        Waiting += ThreadClock.Now - before;
    }

    private void EndIfFailed()
    {
        if (_run.HasFailed)
        {
            throw new OperationCanceledException("Another thread failed.");
        }
    }
}
