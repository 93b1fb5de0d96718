using System.Runtime.CompilerServices;
using Rm.Counting;

namespace Rm.Sites;

/// <summary>
/// What one state records of its blocks beyond their counts: the places that retained and released each, the last operations
/// of each, who holds it, and what went last. All of it hangs on the blocks' side records.
/// </summary>
/// <remarks>Thread rule: the state's. What finds no memory is not recorded; nothing else comes of it.</remarks>
internal sealed unsafe partial class SiteLedger(ITableMemory memory, RecordStore<SideRecord> records, int historyLength, int quarantineLength)
{
    private readonly RecordStore<SiteNote> _notes = new(memory);
    private readonly RecordStore<HistoryRing> _histories = new(memory, HistoryRing.HeadBytes + (historyLength * sizeof(HistoryEntry)));

    internal SiteNames Names { get; } = new();

    internal RecordStore<Hold> Holds { get; } = new(memory);

    internal Quarantine Quarantine { get; } = new(memory, quarantineLength);

    internal long Bytes => _notes.Bytes + _histories.Bytes + Holds.Bytes + Quarantine.Bytes;

    /// <summary>Notes that a place retained a block.</summary>
    internal void Retained(SideRecord* record, uint site)
    {
#if RM_MUTATIONS
        if (Mutation.Is(Mutation.PlaceMistaken) && record->MoreRetains.Site != 0 && record->Retains.Site != site)
        {
            record->MoreRetains.Count++;
            return;
        }
#endif
        if (!TryCount(&record->Retains, site) && !TryCount(&record->MoreRetains, site))
        {
            SiteNote* note = NoteOf(record, site);
            if (note != null)
            {
                note->Retains++;
            }
        }
    }

    /// <summary>Notes that a place released a block, but not its last reference.</summary>
    internal void Released(SideRecord* record, uint site)
    {
#if RM_MUTATIONS
        if (Mutation.Is(Mutation.ReleaseNotedAsRetain))
        {
            Retained(record, site);
            return;
        }
#endif
        if (!TryCount(&record->Releases, site))
        {
            SiteNote* note = NoteOf(record, site);
            if (note != null)
            {
                note->Releases++;
            }
        }
    }

    /// <summary>Counts into a pair of the place, or into a free one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryCount(SitePair* pair, uint site)
    {
        if (site == 0 || (pair->Site != 0 && pair->Site != site) || pair->Count == uint.MaxValue)
        {
            return false;
        }

        pair->Site = site;
        pair->Count++;
        return true;
    }

    private SiteNote* NoteOf(SideRecord* record, uint site)
    {
        for (uint index = record->MoreNotes; index != 0; index = _notes.At(index)->Next)
        {
            if (_notes.At(index)->Site == site)
            {
                return _notes.At(index);
            }
        }

        uint added = _notes.Take();
        if (added == 0)
        {
            return null;
        }

        SiteNote* note = _notes.At(added);
        note->Site = site;
        note->Next = record->MoreNotes;
        record->MoreNotes = added;
        return note;
    }

    /// <summary>Adds an operation to a block's history, which begins with the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Append(SideRecord* record, byte operation, long count, uint site, ulong number)
    {
        uint index = record->History;
        if (index != 0 || (index = BeginHistory(record)) != 0)
        {
            HistoryRing* ring = _histories.At(index);
            uint at = ring->At;
            Entries(ring)[at] = HistoryEntry.Of(operation, count, site, number);
            at++;
            ring->At = at == (uint)historyLength ? 0 : at;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint BeginHistory(SideRecord* record) => record->History = _histories.Take();

    /// <summary>A block's history, oldest first.</summary>
    internal HistoryEntry[] HistoryOf(SideRecord* record)
    {
        if (record->History == 0)
        {
            return [];
        }

        // A ring that was not filled yet has entries without a number, the next to be written first.
        HistoryRing* ring = _histories.At(record->History);
        List<HistoryEntry> history = [];
        for (uint i = 0; i < (uint)historyLength; i++)
        {
            uint at = (ring->At + i) % (uint)historyLength;
#if RM_MUTATIONS
            at = Mutation.Is(Mutation.HistoryMixedUp) ? i : at;
#endif
            HistoryEntry entry = Entries(ring)[at];
            if (entry.Number != 0)
            {
                history.Add(entry);
            }
        }

        return [.. history];
    }

    private static HistoryEntry* Entries(HistoryRing* ring) => (HistoryEntry*)((byte*)ring + HistoryRing.HeadBytes);

    /// <summary>Who retained a block how often, or released it but not its last reference.</summary>
    internal List<SitePlace> PlacesOf(SideRecord* record)
    {
        List<SitePlace> places = [];
        Add(places, record->Retains, retained: true);
        Add(places, record->MoreRetains, retained: true);
        Add(places, record->Releases, retained: false);
        for (uint index = record->MoreNotes; index != 0; index = _notes.At(index)->Next)
        {
            SiteNote* note = _notes.At(index);
            Add(places, note->Site, note->Retains, note->Releases);
        }

        return places;
    }

    private static void Add(List<SitePlace> places, SitePair pair, bool retained) =>
        Add(places, pair.Site, retained ? pair.Count : 0, retained ? 0 : pair.Count);

    private static void Add(List<SitePlace> places, uint site, long retains, long releases)
    {
        if (retains + releases == 0)
        {
            return;
        }

        int at = places.FindIndex(place => place.Site == site);
        if (at < 0)
        {
            places.Add(new SitePlace(site, retains, releases));
        }
        else
        {
            places[at] = new SitePlace(site, places[at].Retains + retains, places[at].Releases + releases);
        }
    }

    /// <summary>Puts the record of a block that went among those that went last, and frees the one that leaves for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Bury(uint index)
    {
        uint leaving = Quarantine.Add(index);
#if RM_MUTATIONS
        leaving = Mutation.Is(Mutation.BuriedTwice) ? Quarantine.Add(index) : leaving;
#endif
        if (leaving != 0)
        {
            SideRecord* record = records.At(leaving);
            if ((record->MoreNotes | record->History) != 0)
            {
                FreeNotes(record);
            }

            records.Free(leaving);
        }
    }

    /// <summary>Forgets what hangs on a record but its holders.</summary>
    internal void FreeNotes(SideRecord* record)
    {
#if RM_MUTATIONS
        record->MoreNotes = Mutation.Is(Mutation.PlacesLeaked) ? 0 : record->MoreNotes;
#endif
        for (uint index = record->MoreNotes; index != 0;)
        {
            uint next = _notes.At(index)->Next;
            _notes.Free(index);
            index = next;
        }

        if (record->History != 0)
        {
            _histories.Free(record->History);
        }

        record->MoreNotes = record->History = 0;
    }

    /// <summary>Puts a hold into a block's list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Link(uint hold, Hold* linked, uint index, SideRecord* record)
    {
        linked->Record = index;
        linked->Previous = 0;
        linked->Next = record->FirstHold;
        if (record->FirstHold != 0)
        {
            Holds.At(record->FirstHold)->Previous = hold;
        }

        record->FirstHold = hold;
    }

    /// <summary>Takes a hold out of its block's list and frees it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Unlink(uint hold, Hold* unlinked)
    {
#if RM_MUTATIONS
        if (unlinked->Next != 0 && !Mutation.Is(Mutation.UnlinkForgetsNeighbour))
#else
        if (unlinked->Next != 0)
#endif
        {
            Holds.At(unlinked->Next)->Previous = unlinked->Previous;
        }

        if (unlinked->Previous != 0)
        {
            Holds.At(unlinked->Previous)->Next = unlinked->Next;
        }
        else
        {
            records.At(unlinked->Record)->FirstHold = unlinked->Next;
        }

        FreeHold(hold, unlinked);
    }

    /// <summary>Frees a hold that is in no list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void FreeHold(uint index, Hold* hold)
    {
#if RM_MUTATIONS
        hold->Generation = Mutation.Is(Mutation.HolderEndsTwice) ? hold->Generation : 0;
#else
        hold->Generation = 0;
#endif
        Holds.Free(index, hold);
    }

    /// <summary>The block goes before its holders: they hold nothing any more.</summary>
    internal void Orphan(SideRecord* record)
    {
#if RM_MUTATIONS
        if (Mutation.Is(Mutation.HoldersNotOrphaned))
        {
            return;
        }
#endif
        for (uint hold = record->FirstHold; hold != 0; hold = Holds.At(hold)->Next)
        {
            Holds.At(hold)->Record = 0;
        }

        record->FirstHold = 0;
    }

    /// <summary>Forgets everything and keeps the memory; the side records are cleared by their owner.</summary>
    internal void Clear()
    {
        Quarantine.Clear();
        _notes.Clear();
        _histories.Clear();
        Holds.Clear();
    }

    /// <summary>Gives the memory back.</summary>
    internal void Release()
    {
        Quarantine.Release();
        _notes.Release();
        _histories.Release();
        Holds.Release();
    }
}
