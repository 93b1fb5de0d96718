using System.Runtime.InteropServices;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>The processor time of the calling thread, where the system tells.</summary>
internal static partial class ProcessorTime
{
    /// <summary>Linux's CLOCK_THREAD_CPUTIME_ID.</summary>
    private const int ThreadClock = 3;

    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Nanoseconds since the thread began, the time in the kernel included; 0 on systems that are not Linux.</summary>
    internal static long Now()
    {
        if (!OperatingSystem.IsLinux() || ReadClock(ThreadClock, out Time time) != 0)
        {
            return 0;
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
