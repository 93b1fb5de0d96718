using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rm.Memory;

public sealed unsafe partial class MallocAllocator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static nint Malloc(nuint size) =>
        OperatingSystem.IsWindows() ? WindowsMalloc(size) : (nint)LibC.Malloc(AtLeastOne(size));

    internal static nint Calloc(nuint size) =>
        OperatingSystem.IsWindows() ? WindowsCalloc(size) : (nint)LibC.Calloc(1, AtLeastOne(size));

    internal static nint Aligned(nuint size, nuint alignment)
    {
        if (alignment <= DefaultAlignment)
        {
            return Malloc(size);
        }

        if (OperatingSystem.IsWindows())
        {
            return WindowsAligned(size, alignment);
        }

        void* block;
        return LibC.PosixMemAlign(&block, alignment, AtLeastOne(size)) == 0 ? (nint)block : 0;
    }

    internal static nint Resize(nint block, nuint oldSize, nuint newSize, nuint alignment)
    {
        if (OperatingSystem.IsWindows())
        {
            return WindowsResize(block, newSize, alignment);
        }

        if (alignment <= DefaultAlignment)
        {
            return (nint)LibC.Realloc((void*)block, AtLeastOne(newSize));
        }

        // realloc keeps only malloc's own alignment.
        nint resized = Aligned(newSize, alignment);
        if (resized != 0)
        {
            nuint known = oldSize != 0 ? oldSize : UsableBytes(block);
            NativeMemory.Copy((void*)block, (void*)resized, nuint.Min(known, newSize));
            LibC.Free((void*)block);
        }

        return resized;
    }

    // macOS has the same function by another name.
    private static nuint UsableBytes(nint block) =>
        OperatingSystem.IsMacOS() ? LibC.MallocSize((void*)block) : LibC.MallocUsableSize((void*)block);

    /// <summary>Zeroed memory on a cache line of its own; freed with an alignment of 64.</summary>
    internal static nint Aligned64Zeroed(nuint size)
    {
        nint block = Aligned(size, 64);
        if (block != 0)
        {
            NativeMemory.Clear((void*)block, size);
        }

        return block;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Free(nint block, nuint alignment)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsFree(block, alignment);
        }
        else
        {
            LibC.Free((void*)block);
        }
    }
}
