using System.Globalization;
using System.Text;

namespace Rm.Diagnostics;

/// <summary>Snapshots and their differences as plain text.</summary>
internal static class SnapshotText
{
    private static CultureInfo Culture => CultureInfo.InvariantCulture;

    internal static string Of(RmSnapshot snapshot, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        var text = new StringBuilder();
        text.Append(Culture, $"state '{snapshot.StateName ?? "unnamed"}' at {TimeOf(snapshot)}, level {snapshot.Level}, operation {snapshot.Operation}: ");
        text.Append(Culture, $"{snapshot.LiveBlocks} blocks live, {snapshot.LiveBytes} bytes of known size");
        if (snapshot.LiveBlocks > 0)
        {
            Append(text, "site", "sites", snapshot.BySite, top);
            Append(text, "size", "sizes", snapshot.BySize, top);
            Append(text, "age", "ages", snapshot.ByAge, top);
        }

        return text.ToString();
    }

    internal static string Of(RmSnapshotDiff diff, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        var text = new StringBuilder();
        text.Append(Culture, $"state '{diff.Later.StateName ?? "unnamed"}' in {AgeOf(diff.Elapsed)}: {Signed(diff.CountDelta)} blocks, ");
        text.Append(Culture, $"{Signed(diff.BytesDelta)} bytes of known size; {diff.Came.Count} came, {diff.Went.Count} went");
        if (diff.GrownSites.Count > 0)
        {
            text.Append('\n');
            var table = new TextTable("grown site", "blocks", "bytes");
            foreach (RmSiteGrowth growth in diff.GrownSites.Take(top))
            {
                table.Add(growth.Site.ToString(), Signed(growth.CountDelta), Signed(growth.BytesDelta));
            }

            table.AppendTo(text);
            AppendRest(text, diff.GrownSites.Count - top, "sites");
        }

        return text.ToString();
    }

    /// <summary>A time a reader can compare without reading a calendar: to the millisecond, universal.</summary>
    internal static string TimeOf(RmSnapshot snapshot) => snapshot.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", Culture);

    /// <summary>An age in its natural unit.</summary>
    internal static string AgeOf(TimeSpan? age) => age switch
    {
        null => "-",
        { TotalSeconds: < 1 } => string.Create(Culture, $"{age.Value.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 2 } => string.Create(Culture, $"{age.Value.TotalSeconds:0.0} s"),
        { TotalHours: < 2 } => string.Create(Culture, $"{age.Value.TotalMinutes:0} min"),
        _ => string.Create(Culture, $"{age.Value.TotalHours:0} h"),
    };

    private static void Append(StringBuilder text, string title, string plural, IReadOnlyList<RmBlockGroup> groups, int top)
    {
        text.Append('\n');
        var table = new TextTable(title, "blocks", "bytes", "oldest");
        foreach (RmBlockGroup group in groups.Take(top))
        {
            table.Add(group.Key, group.Count.ToString(Culture), group.Bytes.ToString(Culture), AgeOf(group.Oldest));
        }

        table.AppendTo(text);
        AppendRest(text, groups.Count - top, plural);
    }

    private static void AppendRest(StringBuilder text, int rest, string plural)
    {
        if (rest > 0)
        {
            text.Append(Culture, $"\nand {rest} more {plural}");
        }
    }

    private static string Signed(long value) => value.ToString("+0;-0;0", Culture);
}
