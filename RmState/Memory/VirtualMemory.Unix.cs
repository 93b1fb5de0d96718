namespace Rm.Memory;

internal static unsafe partial class VirtualMemory
{
    private const int ProtectNone = 0;
    private const int ProtectReadWrite = 0x1 | 0x2;
    private const int MapPrivate = 0x02;

    // Linux only: the reservation is not counted against the overcommit limit. macOS has a flag of that name without effect.
    private const int MapNoReserve = 0x4000;
    private const int AdviseDontNeed = 4;
    private const int MoveMayMove = 1;
    private const int MoveFixed = 2;

    private static bool IsLinux => OperatingSystem.IsLinux() || OperatingSystem.IsAndroid();

    // MAP_ANONYMOUS is 0x20 on Linux and 0x1000 on macOS and the BSDs.
    private static int MapAnonymous => IsLinux ? 0x20 : 0x1000;

    private static nint MapUnix(nuint bytes)
    {
        nint start = LibC.MMap(0, bytes, ProtectReadWrite, MapPrivate | MapAnonymous, -1, 0);
        return start == -1 ? 0 : start;
    }

    private static void UnmapUnix(nint start, nuint offset, nuint bytes) => _ = LibC.MUnmap(start + (nint)offset, bytes);

    // The system aligns to pages only: more is reserved, and what lies before and behind the aligned part is given up.
    private static nint ReserveUnix(nuint bytes, nuint alignment)
    {
        nuint extra = alignment - PageSize;
        int flags = MapPrivate | MapAnonymous | (IsLinux ? MapNoReserve : 0);
        nint start = LibC.MMap(0, bytes + extra, ProtectNone, flags, -1, 0);
        if (start == -1)
        {
            return 0;
        }

        nint aligned = (nint)(((nuint)start + alignment - 1) & ~(alignment - 1));
        nuint before = (nuint)(aligned - start);
        if (before != 0)
        {
            _ = LibC.MUnmap(start, before);
        }

        if (extra != before)
        {
            _ = LibC.MUnmap(aligned + (nint)bytes, extra - before);
        }

        return aligned;
    }

    private static bool CommitUnix(nint start, nuint bytes) => LibC.MProtect(start, bytes, ProtectReadWrite) == 0;

    private static bool DecommitUnix(nint start, nuint bytes)
    {
        if (IsLinux)
        {
            return LibC.MAdvise(start, bytes, AdviseDontNeed) == 0;
        }

        // Elsewhere advice may leave the contents in place: fresh pages are mapped over them.
        const int mapFixed = 0x10;
        return LibC.MMap(start, bytes, ProtectReadWrite, MapPrivate | MapAnonymous | mapFixed, -1, 0) == start;
    }

    private static bool CloseUnix(nint start, nuint bytes)
    {
        if (LibC.MProtect(start, bytes, ProtectNone) != 0)
        {
            return false;
        }

        // Only advice: pages that stay in memory cannot be touched all the same.
        _ = LibC.MAdvise(start, bytes, AdviseDontNeed);
        return true;
    }

    private static bool ReleaseUnix(nint start, nuint bytes)
    {
        nuint page = PageSize;
        return LibC.MUnmap(start, (bytes + page - 1) & ~(page - 1)) == 0;
    }

    private static bool MoveLinux(nint from, nuint fromBytes, nuint bytes, nint to, nuint toBytes)
    {
        if (LibC.MRemap(from, bytes, toBytes, MoveMayMove | MoveFixed, to) != to)
        {
            return false;
        }

        if (fromBytes > bytes)
        {
            _ = LibC.MUnmap(from + (nint)bytes, fromBytes - bytes);
        }

        return true;
    }

    private static bool TryMeasureResidentUnix(nint start, nuint bytes, out nuint resident)
    {
        const int batch = 4096;
        byte* present = stackalloc byte[batch];
        nuint page = PageSize;
        nuint pages = (bytes + page - 1) / page;
        resident = 0;
        for (nuint done = 0; done < pages;)
        {
            nuint count = nuint.Min(batch, pages - done);
            if (LibC.MinCore(start + (nint)(done * page), count * page, present) != 0)
            {
                return false;
            }

            for (nuint i = 0; i < count; i++)
            {
                resident += (present[i] & 1) != 0 ? page : 0;
            }

            done += count;
        }

        return true;
    }
}
