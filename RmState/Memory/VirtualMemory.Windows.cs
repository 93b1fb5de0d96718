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
}
