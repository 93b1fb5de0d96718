using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>
/// Processor time, where the system tells: a thread's is less than the wall's when the thread waited, or when the scheduler, or a
/// hypervisor below it, ran something else.
/// </summary>
internal static partial class ProcessorTime
{
    /// <summary>Linux's CLOCK_PROCESS_CPUTIME_ID.</summary>
    private const int ProcessClock = 2;

    /// <summary>Linux's CLOCK_THREAD_CPUTIME_ID.</summary>
    private const int ThreadClock = 3;

    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Nanoseconds of the calling thread since it began, the time in the kernel included; the wall's time on systems that are not Linux.</summary>
    internal static long Now() => Read(ThreadClock) ?? (long)Stopwatch.GetElapsedTime(0).TotalNanoseconds;

    /// <summary>Nanoseconds of all threads of the process since it began, the time in the kernel included.</summary>
    internal static long OfProcess() => Read(ProcessClock) ?? (long)Environment.CpuUsage.TotalTime.TotalNanoseconds;

    private static long? Read(int clock) => OperatingSystem.IsLinux() && ReadClock(clock, out Time time) == 0
        ? (time.Seconds * NanosecondsPerSecond) + time.Nanoseconds
        : null;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ReadClock(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
