using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Rm.Tool.Reports.Pages;

/// <summary>The elements that a page is made of.</summary>
internal static class Markup
{
    /// <summary>Text that may be anything, with what markup cannot hold replaced.</summary>
    public static string Text(string untrusted)
    {
        var text = new StringBuilder(untrusted.Length);
        foreach (Rune rune in untrusted.EnumerateRunes())
        {
            bool held = Rune.GetUnicodeCategory(rune) != UnicodeCategory.Control && rune.Value is not (0xFFFE or 0xFFFF);
            _ = text.Append(held ? rune : Rune.ReplacementChar);
        }

        return $"{text}";
    }

    /// <summary>Text of several lines.</summary>
    public static string Lines(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(Text));

    public static XElement Of(string name, string className, params object?[] content) => new(name, new XAttribute("class", className), content);

    /// <summary>A table.</summary>
    /// <param name="caption">What it says, for those who do not see the chart beside it.</param>
    /// <param name="columns">The headings; the first column is text, the others are numbers.</param>
    /// <param name="rows">The cells of each row.</param>
    public static XElement Table(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows) => Of(
        "div",
        "table",
        new XAttribute("tabindex", "0"),
        new XAttribute("role", "region"),
        new XAttribute("aria-label", Text(caption)),
        new XElement(
            "table",
            Of("caption", "unseen", Text(caption)),
            new XElement("thead", new XElement("tr", columns.Select(static c => new XElement("th", new XAttribute("scope", "col"), c)))),
            new XElement("tbody", rows.Select(static r => new XElement("tr", r.Select(static (cell, i) => Cell(Text(cell), i)))))));

    /// <summary>The place of a chart.</summary>
    /// <param name="id">What the code knows it by.</param>
    /// <param name="label">What it shows, for those who do not see it.</param>
    public static XElement Chart(string id, string label) => Of(
        "div", $"chart {id}", new XAttribute("id", id), new XAttribute("role", "img"), new XAttribute("aria-label", label));

    private static XElement Cell(string text, int column) =>
        column == 0 ? new XElement("th", new XAttribute("scope", "row"), text) : new XElement("td", text);
}
