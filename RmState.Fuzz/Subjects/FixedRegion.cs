using System.Runtime.InteropServices;

namespace Rm.Fuzz.Subjects;

/// <summary>
/// Address space at a fixed place, so that a program meets the same addresses, and so the same table slots, in every process.
/// Where the place is not to be had, any other will do: programs then replay within one process only.
/// </summary>
internal sealed unsafe partial class FixedRegion : IDisposable
{
    public const int Size = 64 << 20;

    /// <summary>What its start is a multiple of.</summary>
    public const int LargestAlignment = 8 << 20;

    // Every fourth region lies across a multiple of 4 GiB, where page maps change from one table to the next.
    private const long FirstAddress = 0x5200_0000_0000 - LargestAlignment;
    private const long Distance = 1 << 30;
    private const int ReadWrite = 3;
    private const int NoHugePages = 15;
    private const int PrivateAnonymousNoReserveFixedNoReplace = 0x104022;

    private readonly bool _mapped;

    /// <summary>Maps a region.</summary>
    /// <param name="index">Which of the fixed places; each can be had once at a time.</param>
    public FixedRegion(int index)
    {
        nint wanted = (nint)(FirstAddress + (index * Distance));
        if (OperatingSystem.IsLinux())
        {
            Start = Map(wanted, Size, ReadWrite, PrivateAnonymousNoReserveFixedNoReplace, -1, 0);
            _mapped = Start == wanted;
            if (_mapped)
            {
                // A huge page is zeroed as a whole at the first touch, thousands of times over.
                _ = Advise(Start, Size, NoHugePages);
            }
            else if (Start != -1)
            {
                _ = Unmap(Start, Size);
            }
        }

        if (!_mapped)
        {
            Start = (nint)NativeMemory.AlignedAlloc(Size, Size);
        }
    }

    public nint Start { get; }

    /// <summary>Makes a stretch read as zeros, at no cost for what was never touched.</summary>
    public void Wipe(nint start, nuint bytes)
    {
        const int dontNeed = 4;
        if (!_mapped || Advise(start, bytes, dontNeed) != 0)
        {
            NativeMemory.Clear((void*)start, bytes);
        }
    }

    public void Dispose()
    {
        if (_mapped)
        {
            _ = Unmap(Start, Size);
        }
        else
        {
            NativeMemory.AlignedFree((void*)Start);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);
}
