using Rm.Tool.Reports.Histories;
using Rm.Tool.Reports.Models;
using Rm.Tool.Reports.Placements;

namespace Rm.Tests.Tool.Reports.Pages;

/// <summary>Reports of no recording.</summary>
internal static class Models
{
    /// <summary>A name that wants to be markup, script and JSON at once.</summary>
    public const string Hostile = "</script><img src=x onerror=\"window.owned=1\"><script>window.owned=1</script>]]>-->'\"\\{{x}}\u0007.cs";

    /// <summary>Two threads, blocks of two sites, some left at the end.</summary>
    public static ReportModel Small(string file = "Decoder.cs", TimeUnit unit = TimeUnit.Seconds)
    {
        var history = new HeapHistory(unit);
        for (int i = 0; i < 60; i++)
        {
            bool releases = i % 3 == 2;
            history.Add(new HeapCall
            {
                Thread = i % 2,
                Seconds = i * 0.01,
                Released = releases ? i / 3 : HeapCall.None,
                Allocates = !releases,
                Bytes = 16 << (i % 12),
                Site = i % 2,
                Address = 0x10000 * (i + 1),
            });
        }

        var holdings = new Holdings(history, [new ReportSite(file, 12, "RmMalloc"), new ReportSite("Player.cs", 88, "RmAttach")]);
        return new ReportModel
        {
            Name = "small",
            Kind = "made up",
            Axis = history.Axis,
            Totals = history.Totals,
            Live = history.Live,
            Sizes = history.Sizes,
            Lifetimes = history.Lifetimes,
            Threads = history.Threads,
            Holders = holdings.AtPeak(),
            Map = AddressMap.Of("at the peak of live bytes", history.PlacesAfter(history.PeakCall)),
            Leaks = holdings.AtEnd(),
        };
    }
}
