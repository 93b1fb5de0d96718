using System.Runtime.ExceptionServices;

namespace Rm.Tool.Replay.Threads;

/// <summary>What the threads of one replay share.</summary>
internal sealed class ThreadedRun
{
    private readonly Lock _failing = new();
    private ExceptionDispatchInfo? _failure;
    private int _failedEvent;
    private long _peakLiveBytes;

    /// <summary>Prepares; nothing runs yet.</summary>
    /// <param name="script">What is replayed.</param>
    /// <param name="blocks">By object: 0, and its block from when it is allocated.</param>
    /// <param name="window">How far a thread may be ahead.</param>
    public ThreadedRun(ThreadedScript script, nint[] blocks, int window)
    {
        Script = script;
        Blocks = blocks;
        Window = new EventWindow(script.Threads, window);
    }

    public ThreadedScript Script { get; }

    public nint[] Blocks { get; }

    public EventWindow Window { get; }

    /// <summary>Whether the threads are to end because one of them failed.</summary>
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>Set before any of them begins.</summary>
    public IReadOnlyList<ThreadWorker> Workers { get; set; } = [];

    public long PeakLiveBytes => _peakLiveBytes;

    /// <summary>Ends the replay on every thread; the first failure is the one that counts.</summary>
    public void Fail(Exception failure, int failedEvent)
    {
        lock (_failing)
        {
            if (_failure is null)
            {
                _failedEvent = failedEvent;
                _failure = ExceptionDispatchInfo.Capture(failure);
            }
        }
    }

    /// <summary>When every thread has ended: throws what one of them failed with.</summary>
    /// <param name="tally">Is told the event that was being replayed.</param>
    public void ThrowIfFailed(ReplayTally tally)
    {
        if (_failure is not null)
        {
            tally.Event = _failedEvent;
            _failure.Throw();
        }
    }

    /// <summary>Wakes the thread that waits for an object.</summary>
    public void Announce(int id)
    {
        foreach (ThreadWorker worker in Workers)
        {
            worker.Wake(id);
        }
    }

    /// <summary>Remembers how much lives now if it never was more.</summary>
    public void LookAtLiveBytes()
    {
        long live = Window.LiveBytes();
        long peak = Volatile.Read(ref _peakLiveBytes);
        while (live > peak)
        {
            long seen = Interlocked.CompareExchange(ref _peakLiveBytes, live, peak);
            if (seen == peak)
            {
                return;
            }

            peak = seen;
        }
    }
}
