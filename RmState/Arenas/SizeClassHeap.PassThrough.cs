using System.Runtime.InteropServices;
using Rm.Violations;

namespace Rm.Arenas;

// In a pass-through arena every block is malloc's. The heap remembers each, so that totals, limits and checks stay true.
public sealed unsafe partial class SizeClassHeap
{
    private readonly Dictionary<nint, nuint>? _passed;
    private nuint _passedBytes;

    private PoolUsage PassedUsage => new(_passed?.Count ?? 0, _passedBytes, 0, _passedBytes, _passed?.Count ?? 0);

    internal override bool HoldsPassedThrough(nint address)
    {
        if (_passed is null)
        {
            return false;
        }

        foreach ((nint block, nuint size) in _passed)
        {
            if (address == block || (nuint)(address - block) < size)
            {
                return true;
            }
        }

        return false;
    }

    private nint TakePassed(nuint size, nuint alignment, bool zeroed)
    {
        alignment = nuint.Max(alignment, DefaultAlignment);
        if (size > (nuint)nint.MaxValue || !Arena.TryPass(size))
        {
            return 0;
        }

        nint block = Arena.Memory.AllocateAligned(nuint.Max(size, 1), alignment);
        if (block == 0)
        {
            Arena.Unpass(size);
            return 0;
        }

        if (zeroed)
        {
            NativeMemory.Clear((void*)block, size);
        }

        _passed!.Add(block, size);
        _passedBytes += size;
        return block;
    }

    private void FreePassed(nint block, string member)
    {
        nuint size = PassedSize(block, member);
        _ = _passed!.Remove(block);
        _passedBytes -= size;
        Arena.Unpass(size);
        Arena.Memory.FreeAligned(block, PassedAlignment);
    }

    // Only Windows tells aligned blocks from others, and there all of these are.
    private const nuint PassedAlignment = 32;

    private nint ResizePassed(nint block, nuint newSize, nuint alignment, string member)
    {
        nuint size = PassedSize(block, member);
        nint moved = TakePassed(newSize, alignment, zeroed: false);
        if (moved != 0)
        {
            NativeMemory.Copy((void*)block, (void*)moved, nuint.Min(size, newSize));
            FreePassed(block, member);
        }

        return moved;
    }

    private nuint PassedSize(nint block, string member)
    {
        if (block == 0)
        {
            throw new ArgumentNullException(nameof(block), $"{member} was given null: it needs the address of a block of {NameForMessages}.");
        }

        if (_passed!.TryGetValue(block, out nuint size))
        {
            return size;
        }

        foreach ((nint start, nuint bytes) in _passed)
        {
            if ((nuint)(block - start) < bytes)
            {
                throw new MisalignedPointerException(
                    $"{member} of 0x{block:x}: it points into the block at 0x{start:x} of {NameForMessages}. Pass the address that was allocated.", block);
            }
        }

        throw new ForeignBlockException(
            $"{member} of 0x{block:x}: it is not a block of {NameForMessages}, or was freed before; a pass-through heap cannot tell which.", block);
    }
}
