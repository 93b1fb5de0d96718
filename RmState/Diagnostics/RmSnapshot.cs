using System.Diagnostics;

namespace Rm.Diagnostics;

/// <summary>
/// What lived in a state at one moment: a copy that never changes, to look at, to keep, and to compare with a later one. Made by
/// <see cref="RmSnapshotExtensions.Snapshot"/>.
/// </summary>
/// <remarks>
/// 40 bytes a live block. May be used on any thread. Sites, births and ages are known of blocks that came at
/// <see cref="RmDiagnosticsLevel.Sites"/> or above; the rest works at every level.
/// </remarks>
[DebuggerDisplay("{StateName,nq}: {LiveBlocks} blocks, {LiveBytes} bytes at {Time}")]
public sealed partial class RmSnapshot
{
    /// <summary>How many rows of each table <see cref="ToString()"/> and <see cref="ToHtml"/> show at most.</summary>
    public const int DefaultTop = 20;

    private readonly BlockGroups _groups;

    internal RmSnapshot(RmState state)
        : this(state.Capture())
    {
        StateName = state.Name;
        Time = DateTimeOffset.UtcNow;
        Level = state.Level;
        Operation = state.OperationNumber;
        Statistics = state.Statistics;
    }

    private RmSnapshot(CapturedBlocks blocks)
    {
        Captured = blocks;
        _groups = new BlockGroups(blocks);
    }

    /// <summary>The state's name, or null if it has none.</summary>
    public string? StateName { get; private init; }

    /// <summary>When the snapshot was made, in universal time.</summary>
    public DateTimeOffset Time { get; private init; }

    /// <summary>What the state recorded then.</summary>
    public RmDiagnosticsLevel Level { get; private init; }

    /// <summary>How many operations the state had done: a block whose <see cref="RmBlock.Born"/> is greater came later.</summary>
    public long Operation { get; private init; }

    /// <summary>The state's counters then.</summary>
    public RmStatistics Statistics { get; private init; }

    /// <summary>Blocks that lived.</summary>
    public long LiveBlocks => Captured.Count;

    /// <summary>Bytes of those whose size is known.</summary>
    public long LiveBytes => Statistics.LiveBytes;

    /// <summary>The live blocks, in no particular order. Indexing is O(1).</summary>
    public IReadOnlyList<RmBlock> Blocks => Captured;

    /// <summary>The blocks by the place where they were allocated or attached, most bytes first, then most blocks.</summary>
    public IReadOnlyList<RmBlockGroup> BySite => _groups.BySite;

    /// <summary>The blocks by size, each class up to a power of two; smallest first, unknown sizes last.</summary>
    public IReadOnlyList<RmBlockGroup> BySize => _groups.BySize;

    /// <summary>The blocks by age in powers of ten; youngest first, unknown ages last.</summary>
    public IReadOnlyList<RmBlockGroup> ByAge => _groups.ByAge;

    internal CapturedBlocks Captured { get; }

    /// <summary>What changed from one snapshot of a state to a later one of the same.</summary>
    /// <param name="earlier">The earlier.</param>
    /// <param name="later">The later.</param>
    /// <returns>The difference.</returns>
    /// <exception cref="ArgumentNullException">One is null.</exception>
    /// <exception cref="ArgumentException">They are of states of different names, or the other way round.</exception>
    /// <remarks>O(blocks of both). Any thread.</remarks>
    public static RmSnapshotDiff Diff(RmSnapshot earlier, RmSnapshot later)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        ArgumentNullException.ThrowIfNull(later);
        if (!string.Equals(earlier.StateName, later.StateName, StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"The snapshots are of '{earlier.StateName ?? "unnamed"}' and '{later.StateName ?? "unnamed"}'; compare two of the same state.", nameof(later));
        }

        if (later.Operation < earlier.Operation)
        {
            throw new ArgumentException("The later snapshot was made before the earlier one; swap them.", nameof(later));
        }

        return new RmSnapshotDiff(earlier, later);
    }

    /// <summary>What changed since an earlier snapshot of the same state.</summary>
    /// <param name="earlier">The earlier.</param>
    /// <returns>The difference.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="earlier"/> is null.</exception>
    /// <exception cref="ArgumentException">It is of a state of another name, or was made later.</exception>
    /// <remarks>O(blocks of both). Any thread.</remarks>
    public RmSnapshotDiff Since(RmSnapshot earlier) => Diff(earlier, this);

    /// <summary>Totals and three tables: by site, by size, by age; <see cref="DefaultTop"/> rows each at most.</summary>
    /// <returns>Lines separated by '\n', without a final one.</returns>
    public override string ToString() => ToString(DefaultTop);

    /// <summary>Totals and three tables: by site, by size, by age.</summary>
    /// <param name="top">Rows a table at most; what is left out is counted.</param>
    /// <returns>Lines separated by '\n', without a final one.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="top"/> is negative.</exception>
    public string ToString(int top) => SnapshotText.Of(this, top);

    /// <summary>
    /// The snapshot as one HTML page without script or outside resources: totals, the tables, and the oldest
    /// <see cref="RmLeakReport.MaxListed"/> blocks. Light or dark as the reader's system is.
    /// </summary>
    /// <returns>A whole document; names are escaped.</returns>
    public string ToHtml() => SnapshotPage.Of(this);
}
