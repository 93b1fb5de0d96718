using System.Text;

namespace Rm.Tool.Reports.Pages;

/// <summary>The files that every page contains, embedded in this program.</summary>
/// <remarks>
/// Apache ECharts draws the charts: of the libraries that can be kept in one file it alone has all that a report needs, a zoom
/// over time and series of one's own shapes (the flame chart, the heap map) included. uPlot is twenty times smaller, but draws
/// lines and bars only. The reduced builds of ECharts have no series of one's own shapes, so it is the whole one:
/// <c>dist/echarts.min.js</c> of the npm package <c>echarts</c> 6.1.0, unmodified.
/// </remarks>
internal static class PageAssets
{
    private const string Prefix = "Rm.Tool.Reports.Assets.";

    // In the order they run.
    private static readonly string[] Scripts = ["format", "theme", "tip", "live", "bars", "flame", "map", "start"];

    /// <summary>The licences of what a page contains, each with the name of what it is for.</summary>
    public static IReadOnlyList<(string Name, string Text)> Licences =>
    [
        ("Apache ECharts: notice", Read("echarts.NOTICE")),
        ("Apache ECharts: licence", Read("echarts.LICENSE")),
        ("zrender, part of Apache ECharts: licence", Read("echarts.LICENSE-zrender")),
        ("d3, part of Apache ECharts: licence", Read("echarts.LICENSE-d3")),
    ];

    public static string Style => Read("page.style.css");

    public static string ECharts => Read("echarts.echarts.min.js");

    /// <summary>The page's own code.</summary>
    public static string Code => $"(() => {{\n'use strict';\n{string.Concat(Scripts.Select(static name => Read($"page.{name}.js")))}}})();\n";

    private static string Read(string name)
    {
        using Stream stream = typeof(PageAssets).Assembly.GetManifestResourceStream(Prefix + name)
            ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
