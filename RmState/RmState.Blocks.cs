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
    internal bool TryNextBlock(ref long position, ref IEnumerator<KeyValuePair<nint, uint>>? wide, out RmBlock block)
    {
        StateHeader* h = _header;
        for (; position < h->Capacity + h->OldCapacity; position++)
        {
            ulong* entry = position < h->Capacity ? h->Table + position : h->OldTable + (position - h->Capacity);
            if (Slot.IsLive(*entry))
            {
                block = Describe(entry, Slot.Address(*entry));
                position++;
                return true;
            }
        }

        if (_table.Wide is { } wideBlocks)
        {
            wide ??= wideBlocks.GetEnumerator();
            while (wide.MoveNext())
            {
                ulong* entry = &_table.Records.At(wide.Current.Value)->WideSlot;
                if (Slot.IsLive(*entry))
                {
                    block = Describe(entry, wide.Current.Key);
                    return true;
                }
            }
        }

        block = default;
        return false;
    }

    private RmBlock Describe(ulong* entry, nint address) =>
        new(address, _table.CountOf(entry), TrySizeOf(_table.ReadInfo(entry), address, out nuint size) ? size : null);
}
