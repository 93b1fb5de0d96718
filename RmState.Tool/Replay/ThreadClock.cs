using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Rm.Tool.Replay;

/// <summary>
/// The time this thread ran. A replay is one thread that waits for nobody, so this is its duration less what other programs
/// took of its processor meanwhile. Where the system has no such clock, it is the duration.
/// </summary>
internal static partial class ThreadClock
{
    // CLOCK_THREAD_CPUTIME_ID of Linux.
    private const int ThreadCpuTime = 3;

    /// <summary>A point in time on this thread, of no meaning but by difference.</summary>
    public static TimeSpan Now => OperatingSystem.IsLinux() && GetTime(ThreadCpuTime, out Timespec time) == 0
        ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000.0)
        : Stopwatch.GetElapsedTime(0);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
