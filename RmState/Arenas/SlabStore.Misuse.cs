using Rm.Violations;

namespace Rm.Arenas;

// Telling what is wrong with an address.
internal sealed unsafe partial class SlabStore
{
    /// <summary>Finds the slab and the mark of a block that is in use.</summary>
    /// <param name="block">Any address.</param>
    /// <param name="member">Who asks, for the message.</param>
    /// <param name="pool">Whose store this is.</param>
    /// <param name="mark">The block's mark.</param>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="DoubleFreeException">The block is free.</exception>
    /// <exception cref="MisalignedPointerException">No block begins at the address.</exception>
    /// <exception cref="ForeignBlockException">The address is not in memory of this store.</exception>
    internal Slab* FindOrThrow(nint block, string member, Pool pool, out byte* mark)
    {
        pool.ThrowIfNull(block, member);
        Slab* slab = SlabOf(block);
        if (slab == null)
        {
            Pool? other = _arena.PoolOf(block);
            string owner = other is null
                ? "no pool of its arena has memory there, or has it no more since the block was freed before"
                : $"it is in memory of pool '{other.Name ?? "unnamed"}'";
            throw new ForeignBlockException(
                $"{member} of 0x{block:x}: it is not a block of {pool.NameForMessages}; {owner}. Free it where it was allocated, once.", block);
        }

#if RM_MUTATIONS
        block = ArenaMutation.Is(ArenaMutation.InteriorAccepted) ? block - (nint)((nuint)(block - slab->Start) % slab->Stride) : block;
#endif
        if (!Slab.TryIndexOf(slab, block, out int index))
        {
            nint start = Slab.AddressOf(slab, (int)Math.Min((ulong)slab->Elements - 1, (nuint)(block - slab->Start) / slab->Stride));
            throw new MisalignedPointerException(
                $"{member} of 0x{block:x}: no block of {pool.NameForMessages} begins there; the one it points into begins at 0x{start:x}. Pass the address that was allocated.", block);
        }

        mark = Slab.Marks(slab) + index;
#if RM_MUTATIONS
        if (ArenaMutation.Is(ArenaMutation.DoubleFreeAccepted))
        {
            return slab;
        }

#endif
        if (Mark.IsFree(*mark))
        {
            throw new DoubleFreeException(
                $"{member} of 0x{block:x}: {pool.NameForMessages} has this block free already. Two owners free it; find the first.", block);
        }

        return slab;
    }
}
