using System.Xml.Linq;
using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Pages;

/// <summary>The page without its code: headings, figures and tables, which say all that the charts show.</summary>
internal sealed class PageBody(ReportModel model)
{
    public XElement Element
    {
        get
        {
            XElement[] sections = [.. new PageSections(model).All];
            return new XElement(
                "body",
                new XElement("a", new XAttribute("class", "skip"), new XAttribute("href", "#figures"), "Skip to the figures"),
                new XElement("header", Heading, Navigation(sections)),
                new XElement("main", Markup.Of("div", "cards", new XAttribute("id", "figures"), Cards), sections),
                Footer);
        }
    }

    private TimeUnit Unit => model.Axis.Unit;

    private HeapTotals Totals => model.Totals;

    private XElement Heading => Markup.Of(
        "div", "heading", Markup.Of("p", "mark", "rmstate ", new XElement("span", "report")), new XElement("h1", Markup.Text(model.Name)), Markup.Of("p", "lead", Summary));

    private string Summary
    {
        get
        {
            var parts = new List<string> { model.Kind };
            if (Totals.Events is { } events)
            {
                parts.Add(Quantity.Count(events, "heap call"));
            }

            if (model.Threads is { } threads)
            {
                parts.Add(Quantity.Count(threads.Count, "thread"));
            }

            if (Unit == TimeUnit.Seconds && !Totals.IsOfOneMoment)
            {
                parts.Add(Quantity.Time(model.Axis.Length, Unit));
            }

            return string.Join(" · ", parts);
        }
    }

    private IEnumerable<XElement> Cards
    {
        get
        {
            yield return Card("Peak bytes", Quantity.Bytes(Totals.PeakBytes), At(Totals.PeakBytesAt));
            yield return Card("Peak blocks", Quantity.Count(Totals.PeakBlocks), At(Totals.PeakBlocksAt));
            yield return Card(
                Totals.IsOfOneMoment ? "Live" : "Live at the end",
                Quantity.Bytes(Totals.EndBytes),
                $"in {Quantity.Count(Totals.EndBlocks, "block")}",
                warns: Totals.EndBlocks > 0 && !Totals.IsOfOneMoment);
            if (Totals is { Allocations: { } allocations, AllocatedBytes: { } bytes })
            {
                yield return Card("Allocations", Quantity.Count(allocations), $"{Quantity.Bytes(bytes)} in all");
            }

            if (model.Lifetimes is { Median: { } median, Percentile90: { } percentile })
            {
                yield return Card("Median lifetime", Quantity.Time(median, Unit), $"90 %: up to {Quantity.ShortTime(percentile, Unit)}");
            }

            if (model.Threads is { Count: > 1 } threads)
            {
                long foreign = threads.Sum(static t => t.ForeignReleases);
                long all = threads.Sum(static t => t.Releases);
                yield return Card("Released elsewhere", Quantity.Share(foreign, all), "by another thread");
            }
        }
    }

    private static XElement Footer => new(
        "footer",
        new XElement("p", "Made by rmstate. The page needs no network; sizes are what the program asked for, in units of 1024."),
        new XElement(
            "details",
            new XElement("summary", "Licences of what this page contains"),
            PageAssets.Licences.Select(static l => (object[])[new XElement("h2", l.Name), new XElement("pre", Markup.Lines(l.Text))])));

    private static XElement Navigation(IEnumerable<XElement> sections) => new(
        "nav",
        new XAttribute("aria-label", "Parts of the report"),
        sections.Select(static s => new XElement("a", new XAttribute("href", $"#{s.Attribute("id")!.Value}"), s.Attribute("data-short")!.Value)));

    private static XElement Card(string name, string figure, string? note, bool warns = false) => Markup.Of(
        "div", warns ? "card warns" : "card", Markup.Of("p", "name", name), Markup.Of("p", "figure", figure), Markup.Of("p", "note", note ?? "\u00A0"));

    private string? At(double? moment) => moment is { } at ? $"at {Quantity.Moment(at, Unit)}" : null;
}
