namespace Rm.Memory;

internal static partial class VirtualMemory
{
    private const int ProtectReadWrite = 0x1 | 0x2;
    private const int MapPrivate = 0x02;

    // MAP_ANONYMOUS is 0x20 on Linux and 0x1000 on macOS and the BSDs.
    private static int MapAnonymous => OperatingSystem.IsLinux() || OperatingSystem.IsAndroid() ? 0x20 : 0x1000;

    private static nint MapUnix(nuint bytes)
    {
        nint start = LibC.MMap(0, bytes, ProtectReadWrite, MapPrivate | MapAnonymous, -1, 0);
        return start == -1 ? 0 : start;
    }

    private static void UnmapUnix(nint start, nuint offset, nuint bytes) => _ = LibC.MUnmap(start + (nint)offset, bytes);
}
