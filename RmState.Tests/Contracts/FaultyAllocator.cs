using Rm.Memory;
using Rm.Violations;

namespace Rm.Tests.Contracts;

/// <summary>A sound allocator with one fault.</summary>
internal sealed unsafe class FaultyAllocator(INativeAllocator sound, PlantedFault fault) : INativeAllocator
{
    private nint _last;
    private int _calls;

    public bool KnowsSizes => sound.KnowsSizes;

    public nint Allocate(nuint size)
    {
        _calls++;
        if (fault == PlantedFault.HandedOutTwice && _calls % 3 == 0 && _last != 0)
        {
            return _last;
        }

        if (fault == PlantedFault.RefusesForNothing && size > 1000)
        {
            return 0;
        }

        _last = sound.Allocate(size);
        if (fault == PlantedFault.WritesBehindBlocks && _last != 0)
        {
            // Not onto another page, which may not be there.
            nint end = _last + (nint)sound.UsableSize(_last);
            *(byte*)(end % 4096 == 0 ? _last : end) = 0;
        }

        return _last;
    }

    public nint AllocateZeroed(nuint size)
    {
        nint block = sound.AllocateZeroed(size);
        if (fault == PlantedFault.DirtyZeroed && block != 0 && size > 0)
        {
            ((byte*)block)[size - 1] = 1;
        }

        return block;
    }

    public nint AllocateAligned(nuint size, nuint alignment) =>
        fault == PlantedFault.Misaligned ? sound.AllocateAligned(size, 16) : sound.AllocateAligned(size, alignment);

    public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment)
    {
        nuint kept = nuint.Min(sound.UsableSize(block), newSize);
        nint moved = sound.Reallocate(block, oldSize, newSize, alignment);
        if (fault == PlantedFault.LostOnResize && moved != block && moved != 0 && kept > 0)
        {
            ((byte*)moved)[kept - 1] ^= 0xFF;
        }

        return moved;
    }

    public void Free(nint block, nuint size, nuint alignment)
    {
        if (fault == PlantedFault.ForgottenFree && sound.UsableSize(block) > 64)
        {
            return;
        }

        try
        {
            sound.Free(block, size, alignment);
        }
        catch (MemoryViolationException) when (fault == PlantedFault.SilentDoubleFree)
        {
            // That is the fault.
        }
    }

    public nuint UsableSize(nint block) =>
        fault == PlantedFault.TooSmall ? sound.UsableSize(block) - 1 : sound.UsableSize(block);

    public AddressOwner OwnerOf(nint address) => sound.OwnerOf(address);
}
