using System.Runtime.InteropServices;

namespace Rm.Tests.Faults;

/// <summary>Functions of the C library that allocate with malloc and leave the free to their caller.</summary>
internal static unsafe partial class LibC
{
    [LibraryImport("libc", EntryPoint = "strdup", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint StrDup(string text);

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint RealPath(string path, nint resolved);

    [LibraryImport("libc", EntryPoint = "getline")]
    public static partial nint GetLine(nint* line, nuint* size, nint file);

    [LibraryImport("libc", EntryPoint = "fopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint FOpen(string path, string mode);

    [LibraryImport("libc", EntryPoint = "fclose")]
    public static partial int FClose(nint file);

    /// <summary>The address of libc's own <c>free</c>.</summary>
    public static delegate* unmanaged<void*, void> Free =>
        (delegate* unmanaged<void*, void>)NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "free");

    /// <summary>Whether the page of an address is mapped.</summary>
    public static bool IsMapped(nint address)
    {
        byte resident;
        nint page = address & ~(nint)(Environment.SystemPageSize - 1);
        return MInCore(page, 1, &resident) == 0;
    }

    /// <summary>How many bytes of a malloc'd block may be used: as many as were asked for, or more.</summary>
    [LibraryImport("libc", EntryPoint = "malloc_usable_size")]
    public static partial nuint UsableSize(nint block);

    /// <summary>Bytes that malloc has handed out in this process, mappings of their own apart.</summary>
    public static nuint BytesInUse() => MallInfo2().InUse;

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial MallInfo MallInfo2();

    [LibraryImport("libc", EntryPoint = "mincore")]
    private static partial int MInCore(nint address, nuint length, byte* residency);

    /// <summary>glibc's struct mallinfo2; the names are those of its manual.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MallInfo
    {
        private readonly nuint _arena;
        private readonly nuint _ordinaryBlocks;
        private readonly nuint _smallBlocks;
        private readonly nuint _mappings;
        private readonly nuint _mappedBytes;
        private readonly nuint _unused;
        private readonly nuint _freeSmallBytes;
        public readonly nuint InUse;
        private readonly nuint _free;
        private readonly nuint _keepCost;
    }
}
