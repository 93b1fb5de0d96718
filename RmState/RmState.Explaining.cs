using Rm.Counting;
using Rm.Violations;

namespace Rm;

public sealed unsafe partial class RmState
{
    /// <summary>
    /// What a pointer is: a live block, the inside of one, or a block that went. There is no global list of states, so other
    /// states are searched only if the caller names them.
    /// </summary>
    /// <param name="address">Any pointer.</param>
    /// <param name="others">Further states to ask, of the same thread; disposed ones are skipped.</param>
    /// <returns>The first that anything is known of: in this state, then in the others in their order.</returns>
    /// <exception cref="ObjectDisposedException">This state was disposed.</exception>
    /// <remarks>O(table slots + addresses in quarantine). Changes nothing. Thread rule: the state's, and that of each other one.</remarks>
    public RmExplanation RmExplain(nint address, params ReadOnlySpan<RmState> others)
    {
        BeginRead();
        RmExplanation? found = Explain(address);
        foreach (RmState other in others)
        {
            found ??= other.IsDisposed ? null : other.Explain(address);
        }

        return found ?? new RmExplanation { Address = address };
    }

    private RmExplanation? Explain(nint address)
    {
        if (address == 0)
        {
            return null;
        }

        uint finalizing = FinalizingRecord(address);
        if (finalizing != 0)
        {
            return ExplainGone(address, finalizing);
        }

        if (FindLive(address) is { } live)
        {
            return ExplainLive(address, live);
        }

        RmExplanation? gone = ExplainGone(address, inside: false);
        if (gone is not null)
        {
            return gone;
        }

        return FindAround(address) is { } around ? ExplainLive(address, around) : ExplainGone(address, inside: true);
    }

    // The record of a block whose deallocator runs, or waits to run: it is not live any more.
    private uint FinalizingRecord(nint address)
    {
        ulong* entry = _table.Find(address);
        return entry != null && Slot.Count(*entry) == Slot.Finalizing ? BlockInfo.RecordIndex(_table.ReadInfo(entry)) : 0;
    }

    private RmBlock? FindLive(nint address)
    {
        byte* mark = FindCounted(address, out nuint size);
        if (mark != null)
        {
            return new RmBlock(address, Arenas.Mark.Count(*mark), size);
        }

        ulong* entry = _table.Find(address);
        return entry == null ? null : Describe(entry, address);
    }

    private RmBlock? FindAround(nint address)
    {
        var cursor = default(BlockCursor);
        while (TryNextBlock(ref cursor, out RmBlock block))
        {
            if (block.Size is { } size && (nuint)(address - block.Address) < size)
            {
                return block;
            }
        }

        return null;
    }

    private RmExplanation ExplainLive(nint address, RmBlock block)
    {
        RmHolders holders = RmWhoHolds(block.Address);
        return new RmExplanation
        {
            Address = address,
            Kind = address == block.Address ? RmPointerKind.Live : RmPointerKind.InsideLive,
            State = this,
            Block = block.Address,
            Size = block.Size,
            Site = block.Site,
            Retains = holders.Retains,
            History = holders.History,
        };
    }

    private RmExplanation? ExplainGone(nint address, bool inside)
    {
        uint index = _ledger?.Quarantine.Find(_table.Records, address, inside) ?? 0;
        return index == 0 ? null : ExplainGone(address, index);
    }

    private RmExplanation ExplainGone(nint address, uint index)
    {
        SideRecord* record = _table.Records.At(index);
        return new RmExplanation
        {
            Address = address,
            Kind = address == record->Address ? RmPointerKind.Gone : RmPointerKind.InsideGone,
            State = this,
            Block = record->Address,
            Size = record->Size == SideRecord.UnknownSize ? null : record->Size,
            Site = SiteOf(record->Site),
            Retains = _ledger is null ? [] : CountsOf(_ledger.PlacesOf(record), place => place.Retains),
            EndedBy = record->EndedBy == 0 ? RmOperation.Free : (RmOperation)record->EndedBy,
            EndSite = SiteOf(record->EndSite),
            History = _ledger is null ? [] : HistoryOf(record),
        };
    }

    /// <summary>What is known of a pointer that was misused, for the message; empty when nothing is.</summary>
    private string StoryOf(nint address, RmSite now)
    {
        // A state that is busy is being used by two at once: its table may be changing.
        RmExplanation? found = (_header->Operations & 1) != 0 || IsDisposed ? null : Explain(address);
        string here = now.IsKnown ? $" (at {now})" : "";
        return found is null ? here : $"{here}; {found.ToString(this)}";
    }

    private UntrackedPointerException Untracked(nint block, string member, RmSite now)
    {
        string story = StoryOf(block, now);
        string advice = story.Contains(';', StringComparison.Ordinal)
            ? "Pass a tracked address, or ask with the Try form."
            : $"It was released or detached before, belongs to another state, or points inside a block; pass a tracked address, or ask with the Try form{(IsSited ? "" : ". To be told where it went, set Level to Sites")}.";
        return new UntrackedPointerException(
            $"{member} of 0x{block:x}: {NameForMessages} does not track this pointer{story}. {advice}", block);
    }

    private HeldBlockException Held(nint block, string member)
    {
        RmHolders holders = RmWhoHolds(block);
        string which = holders.Count == 1 ? "its last reference" : "a reference to it";
        return new HeldBlockException(
            $"{member} of 0x{block:x}: {which} is held at {string.Join(", ", holders.Holds.Select(hold => hold.Site))} and nothing changed. Dispose the holder instead; a bare release ends a bare retain.",
            block);
    }

    /// <summary>Whether anybody holds a block by name.</summary>
    private bool IsHeldByName(ulong* entry)
    {
        uint info = _table.ReadInfo(entry);
#if RM_MUTATIONS
        if (Mutation.Is(Mutation.HeldForgottenAtCounters) && !IsSited)
        {
            return false;
        }
#endif
        return BlockInfo.HasRecord(info) && _table.Records.At(BlockInfo.RecordIndex(info))->FirstHold != 0;
    }
}
