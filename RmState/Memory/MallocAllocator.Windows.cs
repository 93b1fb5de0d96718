using System.Runtime.InteropServices;

namespace Rm.Memory;

// On Windows aligned blocks have a free of their own, and the C runtime is reached through the base library, which throws
// where C returns null.
public sealed unsafe partial class MallocAllocator
{
    private static nint WindowsMalloc(nuint size)
    {
        try
        {
            return (nint)NativeMemory.Alloc(AtLeastOne(size));
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    private static nint WindowsCalloc(nuint size)
    {
        try
        {
            return (nint)NativeMemory.AllocZeroed(AtLeastOne(size));
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    private static nint WindowsAligned(nuint size, nuint alignment)
    {
        try
        {
            return (nint)NativeMemory.AlignedAlloc(AtLeastOne(size), alignment);
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    private static nint WindowsResize(nint block, nuint newSize, nuint alignment)
    {
        try
        {
            return alignment <= DefaultAlignment
                ? (nint)NativeMemory.Realloc((void*)block, AtLeastOne(newSize))
                : (nint)NativeMemory.AlignedRealloc((void*)block, AtLeastOne(newSize), alignment);
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    private static void WindowsFree(nint block, nuint alignment)
    {
        if (alignment <= DefaultAlignment)
        {
            NativeMemory.Free((void*)block);
        }
        else
        {
            NativeMemory.AlignedFree((void*)block);
        }
    }
}
