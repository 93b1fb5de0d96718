using System.Xml.Linq;
using Rm.Tool.Maps;
using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Pages;

/// <summary>The parts of a page, each a chart and the table of its figures.</summary>
internal sealed class PageSections(ReportModel model)
{
    private const int MostRows = 200;

    private IEnumerable<XElement?> Candidates => [Live, Holders, Sizes, Lifetimes, Threads, Map, Leaks];

    /// <summary>Those that there is something to show in.</summary>
    public IEnumerable<XElement> All => Candidates.OfType<XElement>();

    private TimeUnit Unit => model.Axis.Unit;

    private bool IsOfOneMoment => model.Totals.IsOfOneMoment;

    private string SizedThings => IsOfOneMoment ? "Blocks" : "Allocations";

    private XElement? Live => model.Live is not { } live ? null : Section(
        "over-time",
        "Over time",
        "Live memory over time",
        $"What was allocated and not yet released{(Unit == TimeUnit.Events ? ", after each heap call" : "")}. "
            + "Drag across a chart to look closer; double-click for the whole.",
        wide: true,
        Markup.Chart("live", $"Live bytes and live blocks over time. The most bytes are {Quantity.Bytes(model.Totals.PeakBytes)}."),
        new XElement(
            "details",
            new XElement("summary", "Figures"),
            Markup.Table("Live memory over time", ["From", "To", "Least bytes", "Most bytes", "Least blocks", "Most blocks"], LiveRows.Of(live, model.Axis))));

    private XElement? Sizes => model.Sizes is not { Count: > 0 } sizes ? null : Section(
        "sizes",
        "Sizes",
        "Sizes",
        $"How large the {(IsOfOneMoment ? "live blocks" : "allocations")} are: each size's share of their number, and of their bytes.",
        wide: false,
        Markup.Chart("size-bars", $"{SizedThings} by size: share of their number and of their bytes."),
        Markup.Table(
            $"{SizedThings} by size",
            ["Size", SizedThings, "Share", "Bytes", "Share"],
            sizes.Select(r => (string[])
            [
                r.Group.Name, Quantity.Count(r.Count), Quantity.Share(r.Count, sizes.Sum(static s => (double)s.Count)),
                Quantity.Bytes(r.Bytes), Quantity.Share((double)r.Bytes, sizes.Sum(static s => (double)s.Bytes)),
            ])));

    private XElement? Lifetimes => model.Lifetimes is not { } lifetimes ? null : Section(
        "lifetimes",
        "Lifetimes",
        "Lifetimes",
        $"How long blocks lived, from allocation to release{(Unit == TimeUnit.Events ? ", counted in heap calls" : "")}.",
        wide: false,
        Markup.Chart("lifetime-bars", "Blocks by lifetime."),
        Markup.Table(
            "Blocks by lifetime",
            [Unit == TimeUnit.Events ? "Heap calls" : "Time", "Blocks", "Share"],
            LifetimeText.Names(lifetimes).Append("not released").Zip(lifetimes.Rows.Select(static r => r.Count).Append(lifetimes.NeverReleased))
                .Select(r => (string[])[r.First, Quantity.Count(r.Second), Quantity.Share(r.Second, Blocks(lifetimes))])));

    private XElement? Threads => model.Threads is not { Count: > 0 } threads ? null : Section(
        "threads",
        "Threads",
        "Threads",
        "Who allocates and who releases. Blocks that one thread allocates and another releases are handed over.",
        wide: false,
        Markup.Chart("thread-bars", "Allocations and releases by thread."),
        Markup.Table(
            "Heap calls by thread",
            ["Thread", "Allocations", "Bytes", "Releases", "Of other threads' blocks"],
            threads.Select(static t => (string[])
            [
                t.Name, Quantity.Count(t.Allocations), Quantity.Bytes(t.AllocatedBytes), Quantity.Count(t.Releases), Quantity.Count(t.ForeignReleases),
            ])));

    private XElement? Holders => model.Holders.Root.Blocks == 0 ? null : Section(
        "holders",
        "Holders",
        $"Who holds the memory {model.Holders.Moment}",
        $"{Quantity.Bytes(model.Holders.Root.Bytes)} in {Quantity.Count(model.Holders.Root.Blocks, "block")}, by {string.Join(", then ", model.Holders.Levels)}. "
            + $"A click on a part widens it; a click on the top row shows all again.{(model.Holders.Note is { } note ? $" {note}" : "")}",
        wide: true,
        Markup.Chart("flame", "Flame chart of who holds the memory."),
        new XElement(
            "details",
            new XElement("summary", "Figures"),
            Markup.Table(
                "Who holds the memory",
                ["Holder", "Bytes", "Share", "Blocks"],
                HolderRows(model.Holders.Root, "").Take(MostRows))));

    private XElement? Map => model.Map is not { } map
        ? model.MapAbsence is null ? null : Section("map", "Heap map", "Heap map", model.MapAbsence, wide: true)
        : Section(
            "map",
            "Heap map",
            $"Heap map {map.Moment}",
            $"Every rectangle is memory, row below row from the lowest address. Its colour tells the size of the blocks in it, its depth how full the pages are. {map.Origin}",
            wide: true,
            Markup.Chart("heap-map", "Map of the heap's memory by address."),
            new XElement(
                "details",
                new XElement("summary", "Figures"),
                Markup.Table(
                    "Memory by size of block",
                    ["Blocks of", "Blocks", "Bytes asked for", "Memory for them", "In use"],
                    SizeGroupUse.Of(map.Ranges).Select(static u => (string[])
                    [
                        u.Group.Name, Quantity.Count(u.Blocks), Quantity.Bytes(u.AskedBytes), Quantity.Bytes(u.CommittedBytes),
                        Quantity.Share(u.AskedBytes, u.CommittedBytes),
                    ]))));

    private XElement Leaks => model.Leaks.Groups.Count == 0
        ? Section("leaks", LeaksTitle, LeaksTitle, $"Nothing: {(IsOfOneMoment ? "no block was live" : "every block was released")}.", wide: true)
        : Section(
            "leaks",
            LeaksTitle,
            LeaksTitle,
            $"{Quantity.Bytes(model.Totals.EndBytes)} in {Quantity.Count(model.Totals.EndBlocks, "block")} were {(IsOfOneMoment ? "live" : "never released")}, "
                + $"here by {model.Leaks.GroupedBy}.{(model.Leaks.HasAges ? $" Age is the time from the allocation to the {(IsOfOneMoment ? "snapshot" : "end")}." : "")}",
            wide: false,
            Markup.Chart("leak-bars", $"Bytes live {(IsOfOneMoment ? "then" : "at the end")} by {model.Leaks.GroupedBy}."),
            Markup.Table(IsOfOneMoment ? "Live" : "Live at the end", LeakColumns, model.Leaks.Groups.Take(MostRows).Select(LeakRow)));

    private string LeaksTitle => IsOfOneMoment ? "What lives" : "Left at the end";

    private string[] LeakColumns =>
    [
        model.Leaks.GroupedBy is "site" ? "Site" : "Size", "Blocks", "Bytes", "Largest",
        .. model.Leaks.HasAges ? (string[])["Youngest", "Oldest"] : [],
    ];

    private string[] LeakRow(LeakGroup group) =>
    [
        group.Name, Quantity.Count(group.Blocks), Quantity.Bytes(group.Bytes), Quantity.Bytes(group.LargestBytes),
        .. model.Leaks.HasAges ? (string[])[AgeOf(group.NewestAge), AgeOf(group.OldestAge)] : [],
    ];

    private string AgeOf(double? age) => age is { } known ? Quantity.ShortTime(known, Unit) : "unknown";

    private static double Blocks(LifetimeTable table) => table.Rows.Sum(static r => (double)r.Count) + table.NeverReleased;

    private IEnumerable<string[]> HolderRows(HolderNode node, string above) => node.Children.SelectMany(child =>
    {
        string name = above.Length == 0 ? child.Name : $"{above} › {child.Name}";
        string[] row = [name, Quantity.Bytes(child.Bytes), Quantity.Share(child.Bytes, model.Holders.Root.Bytes), Quantity.Count(child.Blocks)];
        return (IEnumerable<string[]>)[row, .. HolderRows(child, name)];
    });

    private static XElement Section(string id, string shortName, string title, string lead, bool wide, params object[] content) => new(
        "section",
        new XAttribute("id", id),
        new XAttribute("data-short", shortName),
        new XAttribute("aria-labelledby", $"{id}-title"),
        new XElement("h2", new XAttribute("id", $"{id}-title"), title),
        Markup.Of("p", "lead", Markup.Text(lead)),
        content.Length == 0 ? null : Markup.Of("div", wide ? "wide" : "pair", content));
}
