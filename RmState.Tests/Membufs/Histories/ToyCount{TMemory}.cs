using Rm.Membufs;

namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// A count in two parts, to prove explorations on: the owner's is plain, the others' is atomic. When the owner's comes to 0 it is merged:
/// bit 0 of the shared one says so, and whoever then brings that to 0 ends the block. What is returned is 0 from that call, else 1.
/// </summary>
internal static unsafe class ToyCount<TMemory>
    where TMemory : struct, ICountMemory
{
    private const long Merged = 1;
    private const long One = 2;

    internal static long Begin(ToyBlock* block)
    {
        TMemory.Store(&block->Owned, 1);
        return 1;
    }

    /// <summary>One more for a thread that is not the owner, made by anybody.</summary>
    internal static long Share(ToyBlock* block) => TMemory.Add(&block->Shared, One) > 0 ? 1 : 0;

    internal static long DropOfOther(ToyBlock* block, Action end)
    {
        if (TMemory.Add(&block->Shared, -One) != Merged)
        {
            return 1;
        }

        end();
        return 0;
    }

    internal static long DropOfOwner(ToyBlock* block, ToyBug bug, Action end)
    {
        long owned = TMemory.Load(&block->Owned) - 1;
        TMemory.Store(&block->Owned, owned);
        if (owned != 0)
        {
            return 1;
        }

        if (bug == ToyBug.EndsAlone)
        {
            end();
            return 0;
        }

        if (bug == ToyBug.LooksFirst && TMemory.Load(&block->Shared) != 0)
        {
            return 1;
        }

        long shared = TMemory.Add(&block->Shared, Merged);
        shared = bug == ToyBug.LooksAgain ? TMemory.Load(&block->Shared) : shared;
        if (shared != Merged)
        {
            return 1;
        }

        end();
        return 0;
    }
}
