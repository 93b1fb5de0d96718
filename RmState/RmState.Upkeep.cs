using Rm.Counting;
using Rm.Violations;

namespace Rm;

public sealed unsafe partial class RmState
{
    /// <summary>
    /// Gives back memory: frees spare blocks, finishes a growth in progress, sweeps dead entries and shrinks the table to what is live. Live
    /// blocks are not touched.
    /// </summary>
    /// <param name="slices">
    /// How many bounded slices (64 slots moved or 256 KiB returned at most) may be done now, at least 0; what is left goes on
    /// with later calls.
    /// </param>
    /// <returns>True when nothing is left to do.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="slices"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(slices). Never fails for lack of memory: the table then stays as it is. Thread rule: the state's.</remarks>
    public bool Trim(int slices = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slices);
        StateHeader* h = Begin();
        _ = FreeSpares();
        bool done = _table.Trim(slices);
        h->OtherOperations++;
        Commit();
        GC.KeepAlive(this);
        return done;
    }

    /// <summary>Checks every invariant of the state: a test's or a debugger's tool, usable at any time.</summary>
    /// <exception cref="CorruptStateException">One is broken; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(table slots). Changes nothing. Thread rule: the state's.</remarks>
    public void Verify()
    {
        BeginRead();
        string? broken = _table.FindBrokenInvariant(_pendingRecords + (_ledger?.Quarantine.Count ?? 0)) ?? FindBrokenTotal() ?? FindBrokenSites();
        GC.KeepAlive(this);
        if (broken is not null)
        {
            throw Report(new CorruptStateException(
                $"{NameForMessages} is corrupt: {broken}. Native code wrote over the table, or two threads used the state at once."));
        }
    }

    /// <summary>What lives now, as Dispose would report it. O(table slots) at most.</summary>
    /// <returns>A report; empty of blocks when nothing lives.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    public RmLeakReport CreateReport()
    {
        BeginRead();
        return MakeReport();
    }

    private RmLeakReport MakeReport()
    {
        if (_ledger is not null)
        {
            CapturedBlocks all = CaptureBlocks();
            return new RmLeakReport(Name, Statistics, [.. all.Take(RmLeakReport.MaxListed)], all.Sites.Length > 1 ? RmLeakSite.Of(all) : []);
        }

        var blocks = new List<RmBlock>((int)Math.Min(_header->Live + _header->HeapLive, RmLeakReport.MaxListed));
        var cursor = default(BlockCursor);
        while (blocks.Count < RmLeakReport.MaxListed && TryNextBlock(ref cursor, out RmBlock block))
        {
            blocks.Add(block);
        }

        return new RmLeakReport(Name, Statistics, blocks, []);
    }

    private string? FindBrokenTotal()
    {
        StateHeader* h = _header;
        long references = 0;
        long bytes = 0;
        var cursor = default(BlockCursor);
        while (TryNextBlock(ref cursor, out RmBlock block))
        {
            references += block.Count;
            bytes += (long)(block.Size ?? 0);
        }

        long expected = h->Allocations + h->Attaches + h->Retains - h->Releases - h->ReferencesDropped;
        if (references != expected)
        {
            return $"the counts add up to {references}, the operations to {expected}";
        }

        if (_heap is not null && _heap.CountedBlocks().LongCount() != h->HeapLive)
        {
            return $"the heap counts {_heap.CountedBlocks().LongCount()} blocks, the state {h->HeapLive}";
        }

        if (bytes != h->LiveBytes)
        {
            return $"the sizes add up to {bytes}, the live bytes say {h->LiveBytes}";
        }

        if (h->Frees < 0)
        {
            return $"{h->Live} blocks are live, more than ever came and did not leave";
        }

        long delegates = _table.CountRecords(DeallocatorKind.Delegate) + _pendingDelegates;
        return _deallocators.Count != delegates
            ? $"{_deallocators.Count} managed deallocators are held, the side records name {delegates}"
            : null;
    }

    /// <summary>The longest way from an entry's home to its slot, in slots, itself included; O(table slots).</summary>
    internal int LongestProbe => _table.LongestProbe();

    /// <summary>Sets a count as if by so many retains and releases; tests reach the limits with it.</summary>
    internal void PresetCount(nint block, long count)
    {
        StateHeader* h = Begin();
        ulong* entry = _table.Find(block);
        uint index = _table.EnsureRecord(entry, block);
        if (index == 0)
        {
            Cancel();
            throw Failure(Outcome.NoMemory, block, nameof(PresetCount));
        }

        long before = _table.CountOf(entry);
        h->ReferencesDropped -= count - before;
        _table.Records.At(index)->Count = count;
        *entry = (*entry & ~Slot.CountMask) | (count > Slot.ReturnInline ? Slot.InRecord : (uint)count);
        h->OtherOperations++;
        Commit();
    }
}
