using System.Diagnostics;

namespace Rm.Tool.Replay;

/// <summary>The time a replay takes: as the wall has it, and as the processor has it.</summary>
internal sealed class ReplayClock
{
    private bool _ofProcess;
    private long _start;
    private TimeSpan _ranBefore;

    /// <summary>Whether it was started and not stopped since.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>The time the thread ran, or all of the process's threads together.</summary>
    public TimeSpan Ran { get; private set; }

    public TimeSpan Elapsed { get; private set; }

    /// <summary>Starts, or starts anew when what ran so far was preparation.</summary>
    /// <param name="ofProcess">Whether to count the time of every thread rather than that of the calling one, which has to stop it then.</param>
    public void Start(bool ofProcess = false)
    {
        IsRunning = true;
        _ofProcess = ofProcess;
        _ranBefore = Now;
        _start = Stopwatch.GetTimestamp();
    }

    /// <summary>Stops, unless it was stopped before.</summary>
    public void Stop()
    {
        if (IsRunning)
        {
            Elapsed = Stopwatch.GetElapsedTime(_start);
            Ran = Now - _ranBefore;
            IsRunning = false;
        }
    }

    private TimeSpan Now => _ofProcess ? Environment.CpuUsage.TotalTime : ThreadClock.Now;
}
