using System.Globalization;

namespace Rm;

/// <summary>Who holds a block: a copy that stays as it was. Made by <see cref="RmState.RmWhoHolds(nint)"/>.</summary>
/// <remarks>
/// The count is the sum of the parts: 1 for the allocation or attachment if <see cref="Site"/> is known, the
/// <see cref="Holds"/>, the <see cref="Retains"/> less the <see cref="Releases"/>, and what is <see cref="Unrecorded"/>. A bare
/// release cannot say which retain it ends; a hold's can.
/// </remarks>
public sealed class RmHolders
{
    internal RmHolders()
    {
    }

    /// <summary>The block's address.</summary>
    public nint Block { get; internal init; }

    /// <summary>How many references the state knows.</summary>
    public long Count { get; internal init; }

    /// <summary>The block's size in bytes; null when unknown.</summary>
    public nuint? Size { get; internal init; }

    /// <summary>Where the block was allocated or attached.</summary>
    public RmSite Site { get; internal init; }

    /// <summary>The state's operation number when the block came; 0 when not recorded.</summary>
    public long Born { get; internal init; }

    /// <summary>The holders made by <see cref="RmState.RmRetainAs(nint, string, int)"/> that live, oldest first. Exact at every level.</summary>
    public IReadOnlyList<RmHoldInfo> Holds { get; internal init; } = [];

    /// <summary>Bare retains by place, most first; from <see cref="RmDiagnosticsLevel.Sites"/> on.</summary>
    public IReadOnlyList<RmSiteCount> Retains { get; internal init; } = [];

    /// <summary>Bare releases by place, most first; from <see cref="RmDiagnosticsLevel.Sites"/> on.</summary>
    public IReadOnlyList<RmSiteCount> Releases { get; internal init; } = [];

    /// <summary>The block's last operations, oldest first; at <see cref="RmDiagnosticsLevel.Full"/>.</summary>
    public IReadOnlyList<RmHistoryEntry> History { get; internal init; } = [];

    /// <summary>References by bare retains that no recorded bare release answers; less than 0 when more were released.</summary>
    public long Unmatched => Retains.Sum(place => place.Count) - Releases.Sum(place => place.Count);

    /// <summary>References of which nothing was recorded: taken at a lower level, or without memory for the record.</summary>
    public long Unrecorded => Count - (Site.IsKnown ? 1 : 0) - Holds.Count - Unmatched;

    /// <summary>One line.</summary>
    /// <returns>For example <c>2 held: Decoder.cs:88, Player.cs:31; 3 unmatched: retains Net.cs:12 ×4, releases Net.cs:40 ×1</c>.</returns>
    public override string ToString()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        List<string> parts = [];
        if (Site.IsKnown)
        {
            parts.Add($"1 since {Site}");
        }

        if (Holds.Count > 0)
        {
            parts.Add(string.Create(culture, $"{Holds.Count} held: {string.Join(", ", Holds.Select(hold => hold.Site))}"));
        }

        if (Retains.Count + Releases.Count > 0)
        {
            IEnumerable<string> sides = [.. List("retains", Retains), .. List("releases", Releases)];
            parts.Add(string.Create(culture, $"{Unmatched} unmatched: {string.Join(", ", sides)}"));
        }

        if (Unrecorded != 0)
        {
            parts.Add(string.Create(culture, $"{Unrecorded} unrecorded"));
        }

        return string.Join("; ", parts);
    }

    private static IEnumerable<string> List(string what, IReadOnlyList<RmSiteCount> places) =>
        places.Count == 0 ? [] : [$"{what} {string.Join(", ", places)}"];
}
