using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Rm.Tool.Replay;

/// <summary>This process's resident memory, in bytes.</summary>
internal static partial class ProcessMemory
{
    private const string StatusFile = "/proc/self/status";
    private const string PeakResetFile = "/proc/self/clear_refs";

    public static long Resident => StatusField("VmRSS:") ?? Self(p => p.WorkingSet64);

    /// <summary>The most since the start, or since <see cref="ResetPeak"/> where that works.</summary>
    public static long PeakResident => StatusField("VmHWM:") ?? Self(p => p.PeakWorkingSet64);

    /// <summary>Gives free memory back and lets the peak begin at what is resident now; where the system offers it.</summary>
    public static void ResetPeak()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = TrimMalloc(0);
        }
        catch (EntryPointNotFoundException)
        {
            // A libc without it; both sides of a comparison do without it then.
        }

        try
        {
            File.WriteAllText(PeakResetFile, "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The peak then counts from the start of the process, for both sides.
        }
    }

    private static long? StatusField(string name)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        foreach (string line in File.ReadLines(StatusFile))
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line.EndsWith(" kB", StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan(name.Length, line.Length - name.Length - 3)) * 1024;
            }
        }

        return null;
    }

    private static long Self(Func<Process, long> read)
    {
        using Process self = Process.GetCurrentProcess();
        return read(self);
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimMalloc(nuint keep);
}
