using System.Runtime.InteropServices;
using Rm.Counting;

namespace Rm;

// All live blocks at once, for reports and snapshots.
public sealed unsafe partial class RmState
{
    /// <summary>The operations done so far: what the births of blocks are numbered by.</summary>
    internal long OperationNumber => _header->Operations >> 1;

    /// <summary>Copies every live block in one pass; O(table slots), no allocation a block.</summary>
    internal CapturedBlocks Capture()
    {
        BeginRead();
        return CaptureBlocks();
    }

    private CapturedBlocks CaptureBlocks()
    {
        StateHeader* h = _header;
        List<RmSite> sites = [default];
        Dictionary<uint, int> indexes = new() { [0] = 0 };
        (uint Key, int Index) last = default;
        uint now = (uint)(Environment.TickCount64 - _clockStart);
        CapturedBlock[] rows = GC.AllocateUninitializedArray<CapturedBlock>((int)Math.Min(h->Live + h->HeapLive, Array.MaxLength));
        int count = 0;
        for (long at = 0; at < h->Capacity + h->OldCapacity && count < rows.Length; at++)
        {
            ulong* entry = at < h->Capacity ? h->Table + at : h->OldTable + (at - h->Capacity);
            if (!Slot.IsLive(*entry))
            {
                continue;
            }

            ref CapturedBlock row = ref rows[count++];
            uint info = _table.ReadInfo(entry);
            row.Address = Slot.Address(*entry);
            row.Count = _table.CountOf(entry);
            row.Size = TrySizeOf(info, row.Address, out nuint size) ? size : nuint.MaxValue;
            SideRecord* record = BlockInfo.HasRecord(info) ? _table.Records.At(BlockInfo.RecordIndex(info)) : null;
            if (record == null || record->Born == 0)
            {
                (row.Born, row.Age, row.Site) = (0, CapturedBlock.UnknownAge, 0);
                continue;
            }

            if (record->Site != last.Key)
            {
                last = (record->Site, IndexOf(record->Site, indexes, sites));
            }

            row.Born = (long)record->Born;
            row.Age = Math.Max(now, record->BornAt) - record->BornAt;
            row.Site = last.Index;
        }

        count = CaptureRest(rows, count, sites);
        GC.KeepAlive(this);
        return new CapturedBlocks(rows.AsMemory(0, count), [.. sites]);
    }

    // The blocks that have no slot; they go the slow way.
    private int CaptureRest(CapturedBlock[] rows, int count, List<RmSite> sites)
    {
        var rest = new BlockCursor { Position = _header->Capacity + _header->OldCapacity };
        while (count < rows.Length && TryNextBlock(ref rest, out RmBlock block))
        {
            int site = sites.IndexOf(block.Site);
            if (site < 0)
            {
                site = sites.Count;
                sites.Add(block.Site);
            }

            rows[count++] = new CapturedBlock
            {
                Address = block.Address,
                Count = block.Count,
                Size = block.Size ?? nuint.MaxValue,
                Born = block.Born,
                Age = block.Age is { } age ? (uint)age.TotalMilliseconds : CapturedBlock.UnknownAge,
                Site = site,
            };
        }

        return count;
    }

    private int IndexOf(uint key, Dictionary<uint, int> indexes, List<RmSite> sites)
    {
        ref int index = ref CollectionsMarshal.GetValueRefOrAddDefault(indexes, key, out bool known);
        if (!known)
        {
            index = sites.Count;
            sites.Add(SiteOf(key));
        }

        return index;
    }
}
