using Rm.Counting;

namespace Rm.Sites;

internal sealed unsafe partial class SiteLedger
{
    private long _verifiedNotes;
    private long _verifiedHistories;
    private long _verifiedHolds;

    /// <summary>Begins a check of all invariants: <see cref="Verify"/> of every record follows, then <see cref="EndVerification"/>.</summary>
    internal void BeginVerification() => _verifiedNotes = _verifiedHistories = _verifiedHolds = 0;

    /// <summary>Checks what hangs on a record.</summary>
    /// <returns>What is broken, in words; null when all is well.</returns>
    internal string? Verify(uint index)
    {
        SideRecord* record = records.At(index);
        for (uint note = record->MoreNotes; note != 0; note = _notes.At(note)->Next)
        {
            if (!_notes.IsValid(note) || ++_verifiedNotes > _notes.InUse)
            {
                return $"the places of 0x{record->Address:x} do not end";
            }
        }

        _verifiedHistories += record->History != 0 ? 1 : 0;
        uint previous = 0;
        for (uint hold = record->FirstHold; hold != 0; hold = Holds.At(hold)->Next)
        {
            if (!Holds.IsValid(hold) || ++_verifiedHolds > Holds.InUse)
            {
                return $"the holders of 0x{record->Address:x} do not end";
            }

            Hold* held = Holds.At(hold);
            if (held->Record != index || held->Previous != previous || held->Generation == 0)
            {
                return $"a holder of 0x{record->Address:x} is another block's, or nobody's";
            }

            previous = hold;
        }

        return null;
    }

    /// <summary>Checks that nothing hangs on no record, but holders that outlived their blocks.</summary>
    /// <returns>What is broken, in words; null when all is well.</returns>
    internal string? EndVerification()
    {
        if (_verifiedNotes != _notes.InUse || _verifiedHistories != _histories.InUse)
        {
            return $"{_notes.InUse} places and {_histories.InUse} histories are in use, the blocks have {_verifiedNotes} and {_verifiedHistories}";
        }

        for (uint hold = 1; Holds.IsValid(hold); hold++)
        {
            _verifiedHolds += Holds.At(hold)->Generation != 0 && Holds.At(hold)->Record == 0 ? 1 : 0;
        }

        return _verifiedHolds != Holds.InUse ? $"{Holds.InUse} holders are in use, and {_verifiedHolds} hold or outlived their blocks" : null;
    }
}
