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
        var groups = new Dictionary<int, LeakGroup>();
        foreach (RecordedBlock block in history.Blocks)
        {
            if (block.Died != RecordedBlock.StillLive)
            {
                continue;
            }

            int key = sites.Count > 0 ? block.Site : SizeGroup.Of(block.Bytes).Index;
            double age = AgeOf(block);
            LeakGroup group = groups.GetValueOrDefault(key) ?? new LeakGroup
            {
                Name = sites.Count > 0 ? $"{sites[block.Site]}" : SizeGroup.Of(block.Bytes).Name,
                Blocks = 0,
                Bytes = 0,
                LargestBytes = 0,
                NewestAge = age,
                OldestAge = age,
            };
            groups[key] = group with
            {
                Blocks = group.Blocks + 1,
                Bytes = group.Bytes + block.Bytes,
                LargestBytes = Math.Max(group.LargestBytes, block.Bytes),
                NewestAge = Math.Min(group.NewestAge, age),
                OldestAge = Math.Max(group.OldestAge, age),
            };
        }

        return new LeakTable
        {
            GroupedBy = sites.Count > 0 ? "site" : "size",
            HasAges = true,
            Groups = [.. groups.Values.OrderByDescending(static g => g.Bytes).ThenByDescending(static g => g.Blocks).ThenBy(static g => g.Name, StringComparer.Ordinal)],
        };
    }

    private double AgeOf(RecordedBlock block) =>
        history.Axis.Length - (history.Axis.Unit == TimeUnit.Seconds ? block.BornSeconds : block.Born);

    private (string[] Path, long Bytes, long Blocks)[] SitePaths(int calls) =>
        [.. Sum(calls, static block => block.Site).Select(p => (PathOf(sites[p.Key]), p.Value.Bytes, p.Value.Blocks))];

    private (string[] Path, long Bytes, long Blocks)[] SizePaths(int calls) =>
    [
        .. Sum(calls, static block => (SizeGroup.Of(block.Bytes), block.Thread))
            .Select(p => ((string[])[p.Key.Item1.Name, history.ThreadName(p.Key.Thread)], p.Value.Bytes, p.Value.Blocks)),
    ];

    private static string[] PathOf(ReportSite site) => [site.File, site.Line > 0 ? $"line {site.Line}" : "unknown line", site.Kind];

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
