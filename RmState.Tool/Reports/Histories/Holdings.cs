using Rm.Tool.Maps;
using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Histories;

/// <summary>Groups the blocks that live at one moment: by site where a recording names them, else by size and thread.</summary>
/// <param name="history">The recording.</param>
/// <param name="sites">The sites its calls name; empty for none.</param>
internal sealed class Holdings(HeapHistory history, IReadOnlyList<ReportSite> sites)
{
    /// <summary>Who holds the memory at the peak of live bytes.</summary>
    public HolderTree AtPeak()
    {
        const string moment = "at the peak of live bytes";
        return sites.Count > 0
            ? new HolderTree { Moment = moment, Levels = ["file", "line", "kind"], Root = HolderNode.Of("all", SitePaths(history.PeakCall)) }
            : new HolderTree
            {
                Moment = moment,
                Levels = ["size", "thread"],
                Note = "The recording names no sites (file and line), so memory is split by the size of its blocks and the thread that allocated them.",
                Root = HolderNode.Of("all", SizePaths(history.PeakCall)),
            };
    }

    /// <summary>What is live at the end.</summary>
    public LeakTable AtEnd()
    {
        var tally = new LeakTally<int>(key => sites.Count > 0 ? $"{sites[key]}" : SizeGroup.All.ElementAt(key).Name);
        foreach (RecordedBlock block in history.Blocks)
        {
            if (block.Died == RecordedBlock.StillLive)
            {
                tally.Add(sites.Count > 0 ? block.Site : SizeGroup.Of(block.Bytes).Index, block.Bytes, AgeOf(block));
            }
        }

        return tally.ToTable(sites.Count > 0 ? "site" : "size");
    }

    private double AgeOf(RecordedBlock block) =>
        history.Axis.Length - (history.Axis.Unit == TimeUnit.Seconds ? block.BornSeconds : block.Born);

    private (string[] Path, long Bytes, long Blocks)[] SitePaths(int calls) =>
        [.. Sum(calls, static block => block.Site).Select(p => (sites[p.Key].Path, p.Value.Bytes, p.Value.Blocks))];

    private (string[] Path, long Bytes, long Blocks)[] SizePaths(int calls) =>
    [
        .. Sum(calls, static block => (SizeGroup.Of(block.Bytes), block.Thread))
            .Select(p => ((string[])[p.Key.Item1.Name, history.ThreadName(p.Key.Thread)], p.Value.Bytes, p.Value.Blocks)),
    ];

    private Dictionary<TKey, (long Bytes, long Blocks)> Sum<TKey>(int calls, Func<RecordedBlock, TKey> keyOf)
        where TKey : notnull
    {
        var sums = new Dictionary<TKey, (long Bytes, long Blocks)>();
        foreach (RecordedBlock block in history.Blocks)
        {
            if (block.IsLiveAfter(calls))
            {
                TKey key = keyOf(block);
                (long bytes, long blocks) = sums.GetValueOrDefault(key);
                sums[key] = (bytes + block.Bytes, blocks + 1);
            }
        }

        return sums;
    }
}
