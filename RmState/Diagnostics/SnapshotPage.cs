using System.Globalization;
using System.Net;
using System.Text;

namespace Rm.Diagnostics;

/// <summary>A snapshot as one HTML page that is well-formed XML too.</summary>
internal sealed class SnapshotPage
{
    private const string Style = """
        :root { color-scheme: light dark; --line: #d0d7de; --soft: #59636e; }
        @media (prefers-color-scheme: dark) { :root { --line: #3d444d; --soft: #9198a1; } }
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
        table { border-collapse: collapse; margin: 0 0 1.5rem; font-variant-numeric: tabular-nums; }
        caption { font-weight: 600; text-align: left; padding: .5rem 0; }
        th, td { border-bottom: 1px solid var(--line); padding: .2rem .8rem .2rem 0; text-align: right; }
        th:first-child, td:first-child { text-align: left; }
        p, .more { color: var(--soft); }
        """;

    private readonly StringBuilder _text = new();

    private static CultureInfo Culture => CultureInfo.InvariantCulture;

    internal static string Of(RmSnapshot snapshot)
    {
        var page = new SnapshotPage();
        page.Write(snapshot);
        return page._text.ToString();
    }

    private void Write(RmSnapshot snapshot)
    {
        string title = Escape($"State '{snapshot.StateName ?? "unnamed"}': {snapshot.LiveBlocks.ToString(Culture)} blocks live");
        _text.Append(Culture, $"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<title>{title}</title>\n");
        _text.Append(Culture, $"<meta name=\"viewport\" content=\"width=device-width\"/>\n<style>\n{Style.ReplaceLineEndings("\n")}\n</style>\n</head>\n<body>\n");
        _text.Append(Culture, $"<h1>{title}</h1>\n");
        _text.Append(Culture, $"<p>{snapshot.LiveBytes} bytes of known size, {SnapshotText.TimeOf(snapshot)}, level {snapshot.Level}, ");
        _text.Append(Culture, $"operation {snapshot.Operation}, peak {snapshot.Statistics.PeakBlocks} blocks and {snapshot.Statistics.PeakBytes} bytes</p>\n");
        WriteGroups("By site", "site", snapshot.BySite);
        WriteGroups("By size", "size", snapshot.BySize);
        WriteGroups("By age", "age", snapshot.ByAge);
        WriteBlocks(snapshot);
        _text.Append("</body>\n</html>\n");
    }

    private void WriteGroups(string caption, string first, IReadOnlyList<RmBlockGroup> groups)
    {
        Begin(caption, first, "blocks", "bytes", "oldest");
        foreach (RmBlockGroup group in groups.Take(RmSnapshot.DefaultTop))
        {
            // The whole path is there for whoever points at the name.
            string path = group.Site is { IsKnown: true } site ? $" title=\"{Escape(site.File)}\"" : "";
            _text.Append(Culture, $"<tr><td{path}>{Escape(group.Key)}</td><td>{group.Count}</td><td>{group.Bytes}</td>");
            _text.Append(Culture, $"<td>{SnapshotText.AgeOf(group.Oldest)}</td></tr>\n");
        }

        End(groups.Count - RmSnapshot.DefaultTop);
    }

    private void WriteBlocks(RmSnapshot snapshot)
    {
        Begin("Blocks, oldest first", "address", "count", "bytes", "age", "site");
        IEnumerable<RmBlock> oldest = snapshot.Blocks.OrderBy(block => block.Born == 0 ? long.MaxValue : block.Born).ThenBy(block => block.Address);
        foreach (RmBlock block in oldest.Take(RmLeakReport.MaxListed))
        {
            string size = block.Size is { } bytes ? bytes.ToString(Culture) : "-";
            _text.Append(Culture, $"<tr><td>0x{block.Address:x}</td><td>{block.Count}</td><td>{size}</td>");
            _text.Append(Culture, $"<td>{SnapshotText.AgeOf(block.Age)}</td><td>{Escape(block.Site.ToString())}</td></tr>\n");
        }

        End(snapshot.LiveBlocks - RmLeakReport.MaxListed);
    }

    private void Begin(string caption, params string[] titles)
    {
        _text.Append(Culture, $"<table>\n<caption>{caption}</caption>\n<thead><tr>");
        foreach (string title in titles)
        {
            _text.Append(Culture, $"<th>{title}</th>");
        }

        _text.Append("</tr></thead>\n<tbody>\n");
    }

    private void End(long rest)
    {
        _text.Append("</tbody>\n</table>\n");
        if (rest > 0)
        {
            _text.Append(Culture, $"<p class=\"more\">and {rest} more</p>\n");
        }
    }

    // What no page may hold, escaped or not, is shown as the replacement character.
    private static string Escape(string text) =>
        WebUtility.HtmlEncode(string.Concat(text.Select(c => char.IsControl(c) || c >= '\uFFFE' ? '\uFFFD' : c)));
}
