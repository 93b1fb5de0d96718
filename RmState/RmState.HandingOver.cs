using Rm.Arenas;
using Rm.Counting;

namespace Rm;

// The giving side of a hand-over. The receiver accepts the block while its entry still stands, so that a refusal leaves everything as
// it was; from then on nobody here looks at the block, for its new owner may have ended it already.
public sealed unsafe partial class RmState
{
    /// <summary>Hands a block over, with all its references.</summary>
    internal void HandOver(nint block, IBlockReceiver receiver, string member, string file, int line)
    {
        Outcome outcome = HandOver(block, receiver, file, line);
        if (outcome != Outcome.Done)
        {
            _ = Refuse(outcome, block, member, file, line);
        }
    }

    private Outcome HandOver(nint block, IBlockReceiver receiver, string file, int line)
    {
        _ = Begin();
        byte* mark = FindCounted(block, out nuint size);
        if (mark != null)
        {
            HandOverCounted(mark, block, size, receiver, file, line);
            return Outcome.Done;
        }

        ulong* entry = _table.Find(block);
        Outcome outcome = block == 0 ? Outcome.Null
            : entry == null ? Outcome.Untracked
            : Slot.Count(*entry) == Slot.Finalizing ? Outcome.Finalizing
            : _ledger is not null && IsHeldByName(entry) ? Outcome.Held
            : Outcome.Done;
        if (outcome != Outcome.Done)
        {
            Cancel();
            return outcome;
        }

        HandOverTracked(entry, block, receiver, file, line);
        return Outcome.Done;
    }

    private void HandOverTracked(ulong* entry, nint block, IBlockReceiver receiver, string file, int line)
    {
        StateHeader* h = _header;
        long count = _table.CountOf(entry);
        uint info = _table.ReadInfo(entry);
        nuint? known = TrySizeOf(info, block, out nuint size) ? size : null;
        int alignmentLog2 = Log2OfAlignment(AlignmentOf(info));

        // What has a deallocator of its own is that one's to free, at the heap too. The state's own blocks stay known as counted
        // elsewhere, so that nobody frees them at the heap, nor the heap with them.
        bool isMarkedLive = _heap is not null && KindOf(info) >= DeallocatorKind.Function;
        if (isMarkedLive)
        {
            _heap!.MarkLive(block);
        }

        try
        {
            receiver.Accept(new HandedBlock(block, DeallocatorOf(info, block, known, alignmentLog2))
            {
                Count = count,
                Size = known,
                AlignmentLog2 = alignmentLog2,
                Site = BirthSiteOf(info) ?? new RmSite(file, line),
            });
        }
        catch
        {
            if (isMarkedLive && _heap!.FindMark(block, out _) is var live && live != null)
            {
                *live = Mark.Elsewhere;
            }

            Cancel();
            throw;
        }

        h->LiveBytes -= (long)(known ?? 0);
        h->Live--;
        h->Detaches++;
        h->ReferencesDropped += count;
        EndRecord(info, block, known, RmOperation.Detach, file, line);
        _table.Remove(entry, block);
        Commit();
        Note(RmOperation.Detach, block, 0, file, line);
        GC.KeepAlive(this);
    }

    private void HandOverCounted(byte* mark, nint block, nuint size, IBlockReceiver receiver, string file, int line)
    {
        StateHeader* h = _header;
        byte counted = *mark;
        int alignmentLog2 = (counted & Mark.Aligned) != 0 ? Log2OfAlignment(_heap!.AlignmentOf(block)) : 0;
        try
        {
            var loan = new LentBlock(block, _allocator, size, 0, Mailbox) { CountMark = mark };
            *mark = Mark.Elsewhere;
            receiver.Accept(new HandedBlock(block, new Deallocator(loan.Return))
            {
                Count = Mark.Count(counted),
                Size = size,
                AlignmentLog2 = alignmentLog2,
                Site = new RmSite(file, line),
            });
        }
        catch
        {
            *mark = counted;
            Cancel();
            throw;
        }

        h->HeapLive--;
        h->LiveBytes -= (long)size;
        h->Detaches++;
        h->ReferencesDropped += Mark.Count(counted);
        BuryCounted(block, size, RmOperation.Detach, file, line);
        Commit();
        Note(RmOperation.Detach, block, 0, file, line);
        GC.KeepAlive(this);
    }

    /// <summary>What frees a block elsewhere as this state would.</summary>
    private Deallocator DeallocatorOf(uint info, nint block, nuint? size, int alignmentLog2)
    {
        DeallocatorKind kind = KindOf(info);
        if (kind >= DeallocatorKind.Function)
        {
            SideRecord* record = _table.Records.At(BlockInfo.RecordIndex(info));
            return kind switch
            {
                DeallocatorKind.Function => new Deallocator(record->Function),
                DeallocatorKind.FunctionWithContext => new Deallocator(record->Function, record->Context),
                _ => new Deallocator(_deallocators[(int)record->Context]),
            };
        }

        if (kind == DeallocatorKind.LibC || _usesMalloc)
        {
            return default;
        }

        nuint alignment = alignmentLog2 == 0 ? 0 : (nuint)1 << alignmentLog2;
        var loan = new LentBlock(block, _allocator, size ?? 0, alignment, _allocator.IsThreadSafe ? null : Mailbox)
        {
            CountMark = _heap is null ? null : _heap.FindMark(block, out _),
        };
        return new Deallocator(loan.Return);
    }

    private RmSite? BirthSiteOf(uint info)
    {
        uint site = BlockInfo.HasRecord(info) ? _table.Records.At(BlockInfo.RecordIndex(info))->Site : 0;
        return site == 0 ? null : SiteOf(site);
    }

    /// <summary>The loan that a block is, if another state's allocator has it.</summary>
    private LentBlock? LoanOf(uint info) =>
        KindOf(info) == DeallocatorKind.Delegate
            ? _deallocators[(int)_table.Records.At(BlockInfo.RecordIndex(info))->Context].Target as LentBlock
            : null;
}
