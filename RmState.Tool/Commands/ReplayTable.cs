using Rm.Tool.Replay;
using Spectre.Console;

namespace Rm.Tool.Commands;

/// <summary>Shows the results of a replay command.</summary>
internal static class ReplayTable
{
    private const int LeastWidth = 190;

    public static void Write(IAnsiConsole console, ReplayDocument document)
    {
        bool onThreads = document.OnThreads;
        Table table = new Table().Border(TableBorder.Simple);
        string[] means = [.. Means(document)];
        foreach ((string header, int index) in Headers(document.Traces[0], onThreads).Select((header, index) => (header, index)))
        {
            TableColumn column = new TableColumn(header).NoWrap().Footer(means[index]).Padding(1, index == 0 ? 1 : 0);
            table.AddColumn(index == 0 ? column : column.RightAligned());
        }

        foreach (ReplayResult result in document.Traces)
        {
            table.AddRow([.. Row(result, onThreads).Select(Markup.Escape)]);
        }

        // A narrow terminal wraps the lines; a table told of its width would leave numbers out.
        console.Profile.Width = Math.Max(console.Profile.Width, LeastWidth);
        console.Write(table);
        TextWriter output = console.Profile.Out.Writer;
        foreach (ReplayResult result in document.Traces)
        {
            foreach (string failure in result.Failures)
            {
                output.WriteLine($"FAIL {result.Name}: {failure}");
            }
        }

        output.WriteLine(Summary(document));
        output.WriteLine(
            (onThreads
                ? "ns/event is the processor time of the process, waiting for other threads included (as % of malloc's), decoding excluded; "
                : "ns/event is the time the replaying thread ran, decoding excluded; ")
            + "ratios are the medians of the rounds' ratios to malloc.");
    }

    private static IEnumerable<string> Headers(ReplayResult first, bool onThreads)
    {
        SideResult[] others = [.. first.Sides.Skip(1)];
        return
        [
            "trace",
            "events",
            .. OnlyIf(onThreads, "\nthreads"),
            "ns/event\nmalloc",
            .. others.SelectMany(static s => (string[])[Heading(s.Side), "\nratio"]),
            .. OnlyIf(onThreads, "waiting\n%", "wall\nmalloc"),
            .. others.SelectMany(s => OnlyIf(onThreads, Heading(s.Side))),
            "MiB live\nat peak",
            .. OnlyIf(onThreads, "re-\nplayed"),
            "MiB RSS\nmalloc",
            .. others.SelectMany(static s => (string[])[Heading(s.Side), "\nratio"]),
            "live\nat end",
            "\nchecks",
            "viola-\ntions",
        ];
    }

    // Below each other, so that the column is no wider than its numbers.
    private static string Heading(ReplaySide side)
    {
        string name = side.Name();
        int space = name.LastIndexOf(' ');
        return $"{(space < 0 ? "" : name[..space])}\n{name[(space + 1)..]}";
    }

    private static IEnumerable<string> Row(ReplayResult result, bool onThreads)
    {
        SideResult malloc = result.Sides[0];
        SideResult[] others = [.. result.Sides.Skip(1)];
        return
        [
            result.Name,
            $"{result.Trace.Events:N0}",
            .. OnlyIf(onThreads, $"{result.Trace.Threads}"),
            Number(malloc.Nanoseconds, "F1"),
            .. others.SelectMany(static s => (string[])[Number(s.Nanoseconds, "F1"), Number(s.Ratio, "F2")]),
            .. OnlyIf(onThreads, Number(100 * malloc.WaitingShare, "F0"), Number(Wall(malloc), "F1")),
            .. others.SelectMany(s => OnlyIf(onThreads, Number(Wall(s), "F1"))),
            Mebibytes(result.Trace.PeakLiveBytes),
            .. OnlyIf(onThreads, Mebibytes(MostLive(result))),
            Mebibytes(malloc.PeakRss),
            .. others.SelectMany(static s => (string[])[Mebibytes(s.PeakRss), Number(s.PeakRssRatio, "F2")]),
            LiveAtEnd(result),
            $"{result.Checks:N0}",
            $"{result.Violations:N0}",
        ];
    }

    private static IEnumerable<string> Means(ReplayDocument document) =>
    [
        "geometric mean",
        "",
        .. OnlyIf(document.OnThreads, ""),
        "",
        .. document.Means.SelectMany(static m => (string[])["", Number(m.Ratio, "F2")]),
        .. OnlyIf(document.OnThreads, "", ""),
        .. document.Means.SelectMany(_ => OnlyIf(document.OnThreads, "")),
        .. OnlyIf(document.OnThreads, ""),
        "",
        "",
        .. document.Means.SelectMany(static m => (string[])["", Number(m.PeakRssRatio, "F2")]),
        "",
        "",
        "",
    ];

    private static string[] OnlyIf(bool onThreads, params string[] cells) => onThreads ? cells : [];

    private static double Wall(SideResult side) => ReplayMeasurement.Median(side.ReportsOnThreads.Select(static r => r.WallNanosecondsPerEvent));

    private static double MostLive(ReplayResult result) =>
        result.Sides.SelectMany(static s => s.ReportsOnThreads).Select(static r => (double)r.OnThreads!.PeakLiveBytes).DefaultIfEmpty(double.NaN).Max();

    private static string LiveAtEnd(ReplayResult result)
    {
        long expected = result.Trace.LiveObjects;
        ReplayReport? wrong = result.Sides.SelectMany(static s => s.All).FirstOrDefault(r => r.LiveAtEnd != expected);
        return wrong is null ? $"{expected:N0}" : $"{wrong.LiveAtEnd:N0} of {expected:N0}";
    }

    private static string Summary(ReplayDocument document)
    {
        int failed = document.Traces.Count(t => t.Failures.Count > 0);
        string[] sides = [.. document.Traces[0].Sides.Select(static s => s.Side.Name())];
        string through = sides.Length == 1 ? sides[0] : $"{string.Join(", ", sides[..^1])} and {sides[^1]}";
        bool held = document.Traces[0].Sides.Any(static s => s.Held is not null);
        string holders = held ? $", and once with up to {document.Holders} more holders a block (seed {document.Seed})" : "";
        string outcome = failed == 0
            ? "every block kept its bytes, every count was right, every planted error was seen"
            : $"{failed} of {document.Traces.Count} traces failed";
        return $"Each trace replayed {document.Rounds} times in turn through {through}{holders}: {outcome}.";
    }

    private static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format) : "-";

    private static string Mebibytes(double bytes) => double.IsFinite(bytes) ? $"{bytes / (1 << 20):N1}" : "-";
}
