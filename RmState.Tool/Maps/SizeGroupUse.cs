using Rm.Tool.Replay;

namespace Rm.Tool.Maps;

/// <summary>The memory of the blocks of one group of sizes.</summary>
internal readonly record struct SizeGroupUse(SizeGroup Group, long Blocks, long AskedBytes, long CommittedBytes)
{
    /// <summary>The groups that ranges hold blocks of, the smallest sizes first; spare memory belongs to none.</summary>
    public static SizeGroupUse[] Of(IEnumerable<HeapRange> ranges) =>
    [
        .. ranges.Where(static r => r.ElementSize != 0).GroupBy(static r => SizeGroup.Of(r.ElementSize)).OrderBy(static g => g.Key.Index)
            .Select(static g => new SizeGroupUse(
                g.Key, g.Sum(static r => (long)r.LiveElements), g.Sum(static r => r.AskedBytes), g.Sum(static r => r.CommittedBytes))),
    ];
}
