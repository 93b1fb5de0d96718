using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>
/// The processor time of the calling thread, where the system tells: less than the wall's when the thread waited, or when the
/// scheduler, or a hypervisor below it, ran something else.
/// </summary>
internal static partial class ProcessorTime
{
    /// <summary>Linux's CLOCK_THREAD_CPUTIME_ID.</summary>
    private const int ThreadClock = 3;

    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Nanoseconds since the thread began, the time in the kernel included; the wall's time on systems that are not Linux.</summary>
    internal static long Now()
    {
        if (!OperatingSystem.IsLinux() || ReadClock(ThreadClock, out Time time) != 0)
        {
            return (long)Stopwatch.GetElapsedTime(0).TotalNanoseconds;
        }

        return (time.Seconds * NanosecondsPerSecond) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ReadClock(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
