using System.Globalization;
using System.Text.RegularExpressions;
using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Traces;

/// <summary>The recorded heaps of the repository read as the numbers in their manifest.</summary>
public sealed partial class ShippedTraceTests
{
    public static TheoryData<string> Names =>
        ["ffmpeg-transcode", "gcc-cc1plus", "git-pack-objects", "python-json", "redis-server", "sqlite3-sql"];

    [Theory]
    [MemberData(nameof(Names))]
    public void StatisticsAreThoseOfTheManifest(string name)
    {
        var read = TraceStatistics.Of(Path.Combine(TraceFiles.ShippedFolder, name + ".rmt.gz"));
        string section = Section(name);

        Match calls = CallsPattern().Match(section);
        Assert.True(calls.Success, section);
        Assert.Equal(
            Numbers(calls),
            [read.Events, read.Mallocs, read.Callocs, read.Reallocs, read.Frees, read.AlignedAllocations]);

        Match live = LivePattern().Match(section);
        Assert.True(live.Success, section);
        Assert.Equal(
            Numbers(live),
            [
                (long)read.PeakLiveBytes, read.PeakLiveObjects, (long)read.LiveBytes, read.LiveObjects, read.Objects,
                (long)read.BytesRequested,
            ]);

        Match threads = ThreadsPattern().Match(section);
        Assert.True(threads.Success, section);
        Assert.Equal(Numbers(threads), [read.Threads]);
    }

    internal static string Section(string name)
    {
        string manifest = File.ReadAllText(Path.Combine(TraceFiles.ShippedFolder, "MANIFEST.md"));
        return manifest.Split("\n## ").Single(s => s.StartsWith(name + "\n", StringComparison.Ordinal));
    }

    private static List<long> Numbers(Match match) =>
        [.. match.Groups["n"].Captures.Select(c => long.Parse(c.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"- Events: (?<n>[\d,]+) = malloc (?<n>[\d,]+), calloc (?<n>[\d,]+), realloc (?<n>[\d,]+), free (?<n>[\d,]+), aligned (?<n>[\d,]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CallsPattern();

    [GeneratedRegex(@"- Live: peak (?<n>[\d,]+) bytes \(event [\d,]+\), peak (?<n>[\d,]+) objects; at the end (?<n>[\d,]+) bytes in (?<n>[\d,]+) objects\. (?<n>[\d,]+) objects, (?<n>[\d,]+) bytes asked for in all", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LivePattern();

    [GeneratedRegex(@"- Threads: (?<n>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ThreadsPattern();
}
