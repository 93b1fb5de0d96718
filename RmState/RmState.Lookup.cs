using Rm.Arenas;
using Rm.Counting;

namespace Rm;

// Lookups change nothing: they do no slice of work and end no enumeration.
public sealed unsafe partial class RmState
{
    /// <summary>How many references the state knows to a block. Mirrors membuf's <c>membuf_get_refs</c>.</summary>
    /// <param name="block">A tracked block.</param>
    /// <returns>The count; 0 while the block's deallocator runs.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="Violations.UntrackedPointerException">The state does not know the pointer.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public long RmCount(nint block) => RmTryCount(block, out long count)
        ? count
        : throw Failure(block == 0 ? Outcome.Null : Outcome.Untracked, block, nameof(RmCount));

    /// <summary>How many references the state knows to a block, if it knows the block.</summary>
    /// <param name="block">Any pointer.</param>
    /// <param name="count">The count; 0 while the block's deallocator runs, or when the result is false.</param>
    /// <returns>False when the pointer is null or unknown.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public bool RmTryCount(nint block, out long count)
    {
        BeginRead();
        byte* mark = FindCounted(block, out _);
        ulong* entry = mark == null ? _table.Find(block) : null;
        count = mark != null ? Mark.Count(*mark) : entry == null ? 0 : _table.CountOf(entry);
        GC.KeepAlive(this);
        return entry != null || mark != null;
    }

    /// <summary>Whether the state tracks a live block at this address. Mirrors cbeam's <c>is_known</c>.</summary>
    /// <param name="block">Any pointer.</param>
    /// <returns>False for null, for unknown pointers, and while the block's deallocator runs.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public bool RmContains(nint block) => RmTryCount(block, out long count) && count > 0;

    /// <summary>The size of a block: what was asked for, or what it was attached with.</summary>
    /// <param name="block">A tracked block.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="Violations.UntrackedPointerException">The state does not know the pointer.</exception>
    /// <exception cref="InvalidOperationException">The block was attached without a size.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public nuint RmSize(nint block)
    {
        if (RmTrySize(block, out nuint size))
        {
            return size;
        }

        throw RmTryCount(block, out _)
            ? new InvalidOperationException($"RmSize of 0x{block:x}: the block was attached without a size. Pass the size to RmAttach.")
            : Failure(block == 0 ? Outcome.Null : Outcome.Untracked, block, nameof(RmSize));
    }

    /// <summary>The size of a block, if it is known.</summary>
    /// <param name="block">Any pointer.</param>
    /// <param name="size">Bytes; 0 when the result is false.</param>
    /// <returns>False when the pointer is null or unknown, or was attached without a size.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public bool RmTrySize(nint block, out nuint size)
    {
        BeginRead();
        if (FindCounted(block, out size) != null)
        {
            GC.KeepAlive(this);
            return true;
        }

        ulong* entry = _table.Find(block);
        size = 0;
        bool known = entry != null && TrySizeOf(_table.ReadInfo(entry), block, out size);
        GC.KeepAlive(this);
        return known;
    }

    /// <summary>A number that no other block of this state has or had: it tells a block from a later one at its address.</summary>
    internal ulong EnsureGeneration(nint block)
    {
        _ = Begin();
        byte* mark = FindCounted(block, out nuint size);
        if (mark != null && !MoveToTable(mark, block, size))
        {
            Cancel();
            throw Failure(Outcome.NoMemory, block, "A reference");
        }

        ulong* entry = _table.Find(block);
        if (entry == null || Slot.Count(*entry) == Slot.Finalizing)
        {
            Cancel();
            throw Failure(block == 0 ? Outcome.Null : entry == null ? Outcome.Untracked : Outcome.Finalizing, block, "A reference");
        }

        uint index = _table.EnsureRecord(entry, block);
        Cancel();
        if (index == 0)
        {
            throw Failure(Outcome.NoMemory, block, "A reference");
        }

        SideRecord* record = _table.Records.At(index);
        if (record->Generation == 0)
        {
            record->Generation = ++_generations;
        }

#if RM_MUTATIONS
        record->Generation = Mutation.Is(Mutation.GenerationKept) ? 1 : record->Generation;
#endif
        ulong generation = record->Generation;
        GC.KeepAlive(this);
        return generation;
    }

    /// <summary>Whether the block at an address is the one a generation was given to.</summary>
    internal bool HasGeneration(nint block, ulong generation)
    {
        BeginRead();
        ulong* entry = _table.Find(block);
        uint info = entry == null || Slot.Count(*entry) == Slot.Finalizing ? BlockInfo.None : _table.ReadInfo(entry);
        bool same = BlockInfo.HasRecord(info) && generation != 0
            && _table.Records.At(BlockInfo.RecordIndex(info))->Generation == generation;
        GC.KeepAlive(this);
        return same;
    }

    private ulong _generations;
}
