using System.Runtime.InteropServices;
using Rm.Memory;

namespace Rm.Arenas;

/// <summary>A zeroed area for an arena's own tables: pages that cost nothing until touched, or memory of the C library.</summary>
internal readonly unsafe struct NativeArea
{
    private const nuint FallbackAlignment = 4096;
    private readonly bool _mapped;

    private NativeArea(nint start, nuint bytes, bool mapped)
    {
        Start = start;
        Bytes = bytes;
        _mapped = mapped;
    }

    internal nint Start { get; }

    internal nuint Bytes { get; }

    internal bool IsMapped => _mapped;

    /// <summary>Takes an area.</summary>
    /// <returns>One with a start of 0 when there is no memory.</returns>
    internal static NativeArea Take(IVirtualMemory memory, nuint bytes)
    {
        nuint page = memory.PageSize;
        bytes = (bytes + page - 1) & ~(page - 1);
        nint start = memory.Reserve(bytes, page);
        if (start != 0 && memory.Commit(start, bytes))
        {
            return new NativeArea(start, bytes, mapped: true);
        }

        if (start != 0)
        {
            _ = memory.Release(start, bytes);
        }

        start = memory.AllocateAligned(bytes, FallbackAlignment);
        if (start != 0)
        {
            NativeMemory.Clear((void*)start, bytes);
        }

        return new NativeArea(start, start == 0 ? 0 : bytes, mapped: false);
    }

    internal nuint MeasureResident(IVirtualMemory memory) => memory.TryMeasureResident(Start, Bytes, out nuint resident) ? resident : Bytes;

    internal void Release(IVirtualMemory memory)
    {
        if (Start == 0)
        {
            return;
        }

        if (_mapped)
        {
            _ = memory.Release(Start, Bytes);
        }
        else
        {
            memory.FreeAligned(Start, FallbackAlignment);
        }
    }
}
