namespace Rm.Memory;

internal static partial class VirtualMemory
{
    private static nint MapWindows(nuint bytes) =>
        Kernel32.VirtualAlloc(0, bytes, Kernel32.Reserve | Kernel32.Commit, Kernel32.ReadWrite);

    // Windows releases an area only as a whole: parts are decommitted, the address range goes with the last one.
    private static void UnmapWindows(nint start, nuint offset, nuint bytes) =>
        _ = offset == 0
            ? Kernel32.VirtualFree(start, 0, Kernel32.Release)
            : Kernel32.VirtualFree(start + (nint)offset, bytes, Kernel32.Decommit);

    private static nint ReserveWindows(nuint bytes, nuint alignment)
    {
        // Windows places areas at multiples of 64 KiB and cannot give up a part of one: for more, an area large enough shows
        // where an aligned one fits, and that place is asked for. Another thread may be faster, so more than once.
        const nuint granularity = 64 * 1024;
        const int attempts = 8;
        if (alignment <= granularity)
        {
            return Kernel32.VirtualAlloc(0, bytes, Kernel32.Reserve, Kernel32.ReadWrite);
        }

        for (int attempt = 0; attempt < attempts; attempt++)
        {
            nint found = Kernel32.VirtualAlloc(0, bytes + alignment, Kernel32.Reserve, Kernel32.ReadWrite);
            if (found == 0)
            {
                return 0;
            }

            _ = Kernel32.VirtualFree(found, 0, Kernel32.Release);
            nint aligned = (nint)(((nuint)found + alignment - 1) & ~(alignment - 1));
            nint start = Kernel32.VirtualAlloc(aligned, bytes, Kernel32.Reserve, Kernel32.ReadWrite);
            if (start != 0)
            {
                return start;
            }
        }

        return 0;
    }

    private static bool CommitWindows(nint start, nuint bytes) =>
        Kernel32.VirtualAlloc(start, bytes, Kernel32.Commit, Kernel32.ReadWrite) != 0;

    private static bool DecommitWindows(nint start, nuint bytes) => Kernel32.VirtualFree(start, bytes, Kernel32.Decommit);

    private static bool ReleaseWindows(nint start) => Kernel32.VirtualFree(start, 0, Kernel32.Release);
}
