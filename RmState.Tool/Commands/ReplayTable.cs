using Rm.Tool.Replay;
using Spectre.Console;

namespace Rm.Tool.Commands;

/// <summary>Shows the results of a replay command.</summary>
internal static class ReplayTable
{
    private const int LeastWidth = 160;

    private static readonly string[] Columns =
    [
        "trace", "events", "ns/event", "malloc", "ratio", "peak live", "peak RSS", "ratio", "live at end", "checks", "violations",
    ];

    public static void Write(IAnsiConsole console, ReplayDocument document)
    {
        Table table = new Table().Border(TableBorder.Simple);
        foreach (string column in Columns)
        {
            var header = new TableColumn(column).NoWrap();
            table.AddColumn(table.Columns.Count == 0 ? header : header.RightAligned());
        }

        foreach (ReplayResult result in document.Traces)
        {
            table.AddRow([.. Row(result).Select(Markup.Escape)]);
        }

        // A narrow terminal wraps the lines; a table told of its width would leave numbers out.
        console.Profile.Width = Math.Max(console.Profile.Width, LeastWidth);
        console.Write(table);
        foreach (ReplayResult result in document.Traces)
        {
            foreach (string failure in result.Failures)
            {
                console.Profile.Out.Writer.WriteLine($"FAIL {result.Name}: {failure}");
            }
        }

        console.Profile.Out.Writer.WriteLine(Summary(document));
        console.Profile.Out.Writer.WriteLine(
            "ns/event is the time the replaying thread ran, decoding excluded; ratios are the medians of the rounds' ratios to malloc.");
    }

    private static IEnumerable<string> Row(ReplayResult result)
    {
        ReplayComparison plain = result.Plain;
        return
        [
            result.Name,
            $"{result.Trace.Events:N0}",
            Number(plain.StateNanoseconds, "F1"),
            Number(plain.MallocNanoseconds, "F1"),
            Number(plain.Ratio, "F2"),
            Bytes(result.Trace.PeakLiveBytes),
            Bytes(plain.StatePeakRss),
            Number(plain.PeakRssRatio, "F2"),
            LiveAtEnd(result),
            $"{result.Checks:N0}",
            $"{result.Violations:N0}",
        ];
    }

    private static string LiveAtEnd(ReplayResult result)
    {
        long expected = result.Trace.LiveObjects;
        foreach (ReplayReport report in (IEnumerable<ReplayReport>)[.. result.Plain.State, .. result.Held is null ? (ReplayReport[])[] : [result.Held]])
        {
            if (report.LiveAtEnd != expected)
            {
                return $"{report.LiveAtEnd:N0} of {expected:N0}";
            }
        }

        return $"{expected:N0}";
    }

    private static string Summary(ReplayDocument document)
    {
        int failed = document.Traces.Count(t => t.Failures.Count > 0);
        string holders = document.Holders > 0 ? $" and once with up to {document.Holders} more holders a block (seed {document.Seed})" : "";
        string outcome = failed == 0
            ? "every block kept its bytes, every count was right, every planted error was seen"
            : $"{failed} of {document.Traces.Count} traces failed";
        return $"Each trace replayed {document.Rounds} times in turn with malloc{holders}: {outcome}.";
    }

    private static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format) : "-";

    private static string Bytes(double bytes) => double.IsFinite(bytes) ? $"{bytes / (1 << 20):N1} MiB" : "-";
}
