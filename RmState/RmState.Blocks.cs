using Rm.Counting;

namespace Rm;

public sealed unsafe partial class RmState
{
    /// <summary>
    /// The live blocks, in no particular order. Any operation that changes the state, a retain or release included, makes the
    /// next step of an enumeration throw <see cref="InvalidOperationException"/>; lookups do not.
    /// </summary>
    /// <remarks>A whole enumeration is O(table slots); it allocates nothing unless used through the interface. Thread rule: the state's.</remarks>
    public RmBlockCollection RmBlocks => new(this);

    internal long BlocksVersion
    {
        get
        {
            StateHeader* h = BeginRead();
            return unchecked((((h->Operations * 31) + h->SlotsMoved) * 31) + _table.LayoutChanges);
        }
    }

    /// <summary>The next live block from a position on: both tables' slots, then the addresses that fit no slot.</summary>
    internal bool TryNextBlock(ref BlockCursor cursor, out RmBlock block)
    {
        StateHeader* h = _header;
        for (; cursor.Position < h->Capacity + h->OldCapacity; cursor.Position++)
        {
            ulong* entry = cursor.Position < h->Capacity ? h->Table + cursor.Position : h->OldTable + (cursor.Position - h->Capacity);
            if (Slot.IsLive(*entry))
            {
                block = Describe(entry, Slot.Address(*entry));
                cursor.Position++;
                return true;
            }
        }

        if (_table.Wide is { } wideBlocks)
        {
            cursor.Wide ??= wideBlocks.GetEnumerator();
            while (cursor.Wide.MoveNext())
            {
                ulong* entry = &_table.Records.At(cursor.Wide.Current.Value)->WideSlot;
                if (Slot.IsLive(*entry))
                {
                    block = Describe(entry, cursor.Wide.Current.Key);
                    return true;
                }
            }
        }

        // A state that is being finalized cannot know what happens to its heap meanwhile.
        if (_heap is not null && h->HeapLive > 0 && (h->Modes & StateModes.Disposed) == 0 && !_finalizing)
        {
            cursor.Counted ??= _heap.CountedBlocks().GetEnumerator();
            if (cursor.Counted.MoveNext())
            {
                (nint address, int count, nuint size) = cursor.Counted.Current;
                block = new RmBlock(address, count, size);
                return true;
            }
        }

        block = default;
        return false;
    }

    private bool _finalizing;

    private RmBlock Describe(ulong* entry, nint address)
    {
        uint info = _table.ReadInfo(entry);
        var block = new RmBlock(address, _table.CountOf(entry), TrySizeOf(info, address, out nuint size) ? size : null);
        SideRecord* record = BlockInfo.HasRecord(info) ? _table.Records.At(BlockInfo.RecordIndex(info)) : null;
        return record == null || record->Born == 0
            ? block
            : block with { Site = SiteOf(record->Site), Born = (long)record->Born, Age = AgeOf(record) };
    }
}
