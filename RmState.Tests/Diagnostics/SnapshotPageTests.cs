using System.Xml;
using System.Xml.Linq;
using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Diagnostics;

/// <summary>The page is one well-formed document, whatever the names in it.</summary>
public sealed class SnapshotPageTests : LeakChecked
{
    private const string Nasty = "</title><script>alert('x')</script>&\"\u0000\u0007\uD800\uFFFFé😀";

    [Fact]
    public void NamesAreEscaped()
    {
        RmState state = NewState(new RmStateOptions { Name = Nasty, Level = RmDiagnosticsLevel.Sites });
        nint block = state.RmMalloc(10, "dir/" + Nasty.Replace('/', '|'), 7);

        string page = state.Snapshot().ToHtml();
        state.RmRelease(block);

        XElement html = Parse(page);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(html.Descendants("script"));
        Assert.Contains("</title><script>alert('x')</script>&\"", html.Element("head")!.Element("title")!.Value, StringComparison.Ordinal);
        Assert.Contains("é😀", html.Element("head")!.Element("title")!.Value, StringComparison.Ordinal);
        Assert.Contains(html.Descendants("td"), cell => cell.Value.StartsWith("<|title><script>alert('x')", StringComparison.Ordinal));
    }

    [Fact]
    public void TablesHaveTheGroupsAndTheOldestBlocks()
    {
        RmState state = NewState(new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
        for (int i = 0; i < RmLeakReport.MaxListed + 30; i++)
        {
            state.RmAttach(Fakes.Address(1000 - i), Fakes.Leave, 8, $"File{i % 25}.cs", 1);
        }

        RmSnapshot snapshot = state.Snapshot();
        XElement html = Parse(snapshot.ToHtml());
        state.Reset();

        XElement[] tables = [.. html.Descendants("table")];
        Assert.Equal(["By site", "By size", "By age", "Blocks, oldest first"], tables.Select(table => table.Element("caption")!.Value), StringComparer.Ordinal);
        Assert.Equal(RmSnapshot.DefaultTop, tables[0].Descendants("td").Count() / 4);
        XElement[] rows = [.. tables[3].Element("tbody")!.Elements("tr")];
        Assert.Equal(RmLeakReport.MaxListed, rows.Length);
        Assert.Equal(["0x" + Fakes.Address(1000).ToString("x"), "1", "8", "File0.cs:1"], rows[0].Elements("td").Where((_, i) => i != 3).Select(cell => cell.Value), StringComparer.Ordinal);
        Assert.Equal(["and 5 more", "and 30 more"], html.Descendants("p").Where(p => p.Attribute("class") is not null).Select(p => p.Value), StringComparer.Ordinal);
        Assert.DoesNotContain("http", snapshot.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void AnEmptyStateHasAPage() => Assert.Contains("State 'unnamed': 0 blocks live", Parse(NewState().Snapshot().ToHtml()).Value, StringComparison.Ordinal);

    private static XElement Parse(string page)
    {
        using var reader = XmlReader.Create(new StringReader(page), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader).Root!;
    }
}
