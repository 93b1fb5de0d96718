using System.Runtime.InteropServices;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>How often the calling thread gave the processor up because it had to wait for something, where the system tells.</summary>
internal static partial class Waits
{
    private const int CallingThread = 1;

    /// <summary>Longs in Linux's <c>struct rusage</c>: two times of two, then fourteen counters of which this is the last but one.</summary>
    private const int Longs = 18;

    /// <summary>The count since the thread began; 0 on systems that are not Linux.</summary>
    internal static long Count()
    {
        Span<nint> usage = stackalloc nint[Longs];
        return OperatingSystem.IsLinux() && ReadUsage(CallingThread, ref MemoryMarshal.GetReference(usage)) == 0 ? usage[^2] : 0;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int ReadUsage(int who, ref nint usage);
}
