using System.Runtime.CompilerServices;
using Rm.Counting;
using Rm.Sites;

namespace Rm;

// Where blocks were allocated, attached, retained and released: kept in their side records, which every block has that was
// touched since sites are recorded.
public sealed unsafe partial class RmState
{
    // How many operations may pass between two looks at the clock: an age is exact to that.
    private const long ClockMask = (256 << 1) - 1;

    private SiteLedger? _ledger;

    // The file met last and the key of its line 0: a copy of what the names hold, one load nearer.
    // No caller's file before there is any, so that a caller without a file is none either.
    private static readonly string NoFile = new('?', 1);
    private string _siteFile = NoFile;
    private uint _siteBase;
    private long _clockStart;
    private uint _clock;

    /// <summary>
    /// How much the state records of each block. It may be changed at any time, at no cost: what was not recorded before stays
    /// unknown, what was is kept.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the levels.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed (when set).</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public RmDiagnosticsLevel Level
    {
        get => (_header->Modes & StateModes.Historied) != 0 ? RmDiagnosticsLevel.Full
            : IsSited ? RmDiagnosticsLevel.Sites : RmDiagnosticsLevel.Counters;
        set
        {
            RmStateOptions.ValidateLevel(value, nameof(value));
            Begin();
            SetLevel(value);
            Cancel();
        }
    }

    private bool IsSited => (_header->Modes & StateModes.Sited) != 0;

    private SiteLedger Ledger
    {
        get
        {
            if (_ledger is null)
            {
                _clockStart = Environment.TickCount64;
                _ledger = new SiteLedger(
                    _options.TableMemory ?? new TableMemory(), _table.Records, _options.HistoryLength, _options.QuarantineLength);
            }

            return _ledger;
        }
    }

    private void SetLevel(RmDiagnosticsLevel level)
    {
        const StateModes both = StateModes.Sited | StateModes.Historied;
        if (level != RmDiagnosticsLevel.Counters)
        {
            _ = Ledger;
            ReadClock();
        }

        SetModes(both, level switch
        {
            RmDiagnosticsLevel.Counters => StateModes.None,
            RmDiagnosticsLevel.Sites => StateModes.Sited,
            _ => both,
        });
    }

    private void ReadClock() => _clock = (uint)(Environment.TickCount64 - _clockStart);

    /// <summary>Records where an operation came from that has been done; its block is live.</summary>
    private void NoteSite(RmOperation operation, nint block, long count, string file, int line)
    {
        if (operation is RmOperation.Free or RmOperation.Detach)
        {
            // Recorded before its record went.
            return;
        }

        SideRecord* record = SitedRecord(block);
        if (record == null)
        {
            return;
        }

        if (operation is RmOperation.Allocate or RmOperation.Attach)
        {
            NoteBirth(record, operation, file, line);
            return;
        }

        uint key = KeyOf(file, line);
        if (operation == RmOperation.Retain)
        {
            _ledger!.Retained(record, key);
        }
        else if (operation == RmOperation.Release)
        {
            _ledger!.Released(record, key);
        }

        Append(record, operation, count, key);
    }

    private void NoteBirth(SideRecord* record, RmOperation operation, string file, int line)
    {
        StateHeader* h = _header;
        if ((h->Operations & ClockMask) == 0)
        {
            ReadClock();
        }

        uint key = KeyOf(file, line);
        record->Site = key;
        record->Born = (ulong)h->Operations >> 1;
        record->BornAt = _clock;
        Append(record, operation, 1, key);
    }

    private void Append(SideRecord* record, RmOperation operation, long count, uint key)
    {
        if ((_header->Modes & StateModes.Historied) != 0)
        {
            // Of the operation under way as of the one just done.
            _ledger!.Append(record, (byte)operation, count, key, (ulong)(_header->Operations + 1) >> 1);
        }
    }

    /// <summary>The side record of a live block, made if there is none.</summary>
    /// <returns>Null when there is no memory for it, or no such block any more.</returns>
    private SideRecord* SitedRecord(nint block)
    {
        byte* mark = FindCounted(block, out nuint size);
        if (mark != null && !MoveToTable(mark, block, size))
        {
            return null;
        }

        ulong* entry = _table.Find(block);
        uint index = entry == null ? 0 : _table.EnsureRecord(entry, block);
        return index == 0 ? null : _table.Records.At(index);
    }

    /// <summary>Records how a block goes; its record is there still. Who held it holds nothing from now on, even before its deallocator has run.</summary>
    private void NoteEnd(uint index, RmOperation operation, string file, int line)
    {
        SideRecord* record = _table.Records.At(index);
        ForgetLastRecord();
        if (record->FirstHold != 0)
        {
            _ledger!.Orphan(record);
        }

        if (!IsSited)
        {
            return;
        }

        record->EndSite = KeyOf(file, line);
        record->EndedBy = (byte)operation;
        Append(record, operation, 0, record->EndSite);
    }

    /// <summary>Ends what is kept of a block that goes, or keeps it for a while when sites are recorded.</summary>
    private void EndRecord(uint info, nint block, RmOperation operation, string file, int line)
    {
        uint index = RecordAtEnd(info, block);
        if (index != 0)
        {
            NoteSizeAtEnd(_table.Records.At(index), info, block, operation);
            NoteEnd(index, operation, file, line);
            BuryRecord(index);
        }
    }

    // The same for a block that is another's by now, whom its allocator may know no more.
    private void EndRecord(uint info, nint block, nuint? size, RmOperation operation, string file, int line)
    {
        uint index = RecordAtEnd(info, block);
        if (index != 0)
        {
            _table.Records.At(index)->Size = size ?? SideRecord.UnknownSize;
            NoteEnd(index, operation, file, line);
            BuryRecord(index);
        }
    }

    private uint RecordAtEnd(uint info, nint block)
    {
        uint index = BlockInfo.HasRecord(info) ? BlockInfo.RecordIndex(info) : 0;

        // Nothing may have been recorded of it, but its address is worth remembering.
        return index == 0 && IsSited ? _table.NewRecord(block, info) : index;
    }

    // Where only the allocator knows the size, it is asked once more while the block is there. One given up is not: its address
    // is another block's.
    private void NoteSizeAtEnd(SideRecord* record, uint info, nint block, RmOperation operation)
    {
        if (IsSited && record->Size == SideRecord.UnknownSize && operation != RmOperation.Abandon && TrySizeOf(info, block, out nuint size))
        {
            record->Size = size;
        }
    }

    // A block that only its mark knew: its address is worth remembering all the same.
    private void BuryCounted(nint block, nuint size, RmOperation operation, string file, int line)
    {
        uint index = IsSited ? _table.NewRecord(block, BlockInfo.None) : 0;
        if (index != 0)
        {
            _table.Records.At(index)->Size = size;
            NoteEnd(index, operation, file, line);
            BuryRecord(index);
        }
    }

    // A moved block takes its record along; its old address is remembered by one of its own.
    private void BuryOldAddress(uint info, nint block, string file, int line)
    {
        uint index = IsSited ? _table.NewRecord(block, BlockInfo.HasRecord(info) ? BlockInfo.None : info) : 0;
        if (index != 0)
        {
            SideRecord* record = _table.Records.At(index);
            if (BlockInfo.HasRecord(info))
            {
                SideRecord* moved = _table.Records.At(BlockInfo.RecordIndex(info));
                (record->Site, record->Born, record->Size) = (moved->Site, moved->Born, moved->Size);
            }

            NoteEnd(index, RmOperation.Reallocate, file, line);
            BuryRecord(index);
        }
    }

    // What is known of a block that is gone goes too, or is kept for a while.
    private void BuryRecord(uint index)
    {
        SideRecord* record = _table.Records.At(index);
        if (!IsSited)
        {
            DropRecord(BlockInfo.OfRecord(index));
            return;
        }

        if (record->EndedBy == 0)
        {
            // Sites are recorded since its deallocator ran.
            record->EndedBy = (byte)RmOperation.Free;
        }

        ForgetDelegate(record);
        _ledger!.Bury(index);
    }

    private void DropRecord(uint info)
    {
        if (BlockInfo.HasRecord(info))
        {
            uint index = BlockInfo.RecordIndex(info);
            SideRecord* record = _table.Records.At(index);
            ForgetLastRecord();
            ForgetDelegate(record);
#if RM_MUTATIONS
            if (Mutation.Is(Mutation.RecordLeaked))
            {
                return;
            }
#endif
            _ledger?.FreeNotes(record);
            _table.Records.Free(index);
        }
    }

    private void ForgetLastRecord()
    {
#if RM_MUTATIONS
        if (Mutation.Is(Mutation.LastRecordKept))
        {
            return;
        }
#endif
        _header->LastRecord = null;
    }

    private void ForgetDelegate(SideRecord* record)
    {
        if (record->Kind == DeallocatorKind.Delegate)
        {
            _deallocators.Remove((int)record->Context);
            record->Kind = DeallocatorKind.Allocator;
        }
    }

    /// <summary>Checks what is recorded of blocks, live and gone.</summary>
    /// <returns>What is broken, in words; null when all is well.</returns>
    private string? FindBrokenSites()
    {
        // While a deallocator runs, its block's record is named nowhere but there.
        if (_ledger is null || _pendingRecords != 0)
        {
            return null;
        }

        _ledger.BeginVerification();
        string? broken = null;
        var cursor = default(BlockCursor);
        while (broken is null && TryNextBlock(ref cursor, out RmBlock block))
        {
            ulong* entry = FindCounted(block.Address, out _) == null ? _table.Find(block.Address) : null;
            uint info = entry == null ? BlockInfo.None : _table.ReadInfo(entry);
            broken = BlockInfo.HasRecord(info) ? _ledger.Verify(BlockInfo.RecordIndex(info)) : null;
        }

        for (int i = 0; i < _ledger.Quarantine.Count && broken is null; i++)
        {
            broken = _ledger.Verify(_ledger.Quarantine.At(i));
        }

        return broken ?? _ledger.EndVerification();
    }

    private TimeSpan AgeOf(SideRecord* record) =>
        TimeSpan.FromMilliseconds(Math.Max(0, Environment.TickCount64 - _clockStart - record->BornAt));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint KeyOf(string file, int line) =>
        ReferenceEquals(file, _siteFile) && (uint)line <= SiteNames.MaxLine ? _siteBase + (uint)line : FindKey(file, line);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint FindKey(string file, int line)
    {
        SiteNames names = _ledger!.Names;
        uint key = names.KeyOf(file, line);
        _siteFile = names.LastFile ?? NoFile;
        _siteBase = names.LastBase;
        return key;
    }

    private RmSite SiteOf(uint key)
    {
        if (key == 0 || _ledger is null)
        {
            return default;
        }

        (string file, int line) = _ledger.Names.NameOf(key);
        return new RmSite(file, line);
    }
}
