using System.Text;
using Rm.Tests.Diagnostics;
using Rm.Tests.Tool.Traces;
using Rm.Tool.Reports;
using Rm.Tool.Reports.Models;

namespace Rm.Tests.Tool.Reports.Pages;

/// <summary>The page as a browser shows it.</summary>
public sealed class RenderedPageTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    // By chart: how many colours are in its picture. An empty one has one colour, or two with the ground.
    private const string Colours = """
        return [...document.querySelectorAll('.chart')].map(chart => {
          const seen = new Set();
          for (const canvas of chart.querySelectorAll('canvas')) {
            const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
            for (const pixel of pixels) {
              seen.add(pixel);
            }
          }

          return `${chart.id} ${seen.size}`;
        });
        """;

    // The least contrast of any text with the ground behind it, as WCAG 2 has it; charts by the colours they were told.
    private const string LeastContrast = """
        const rgb = text => { const c = document.createElement('canvas').getContext('2d'); c.fillStyle = text; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
        const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
          .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
        const ground = element => {
          for (let at = element; at; at = at.parentElement) {
            const colour = rgb(getComputedStyle(at).backgroundColor);
            if (colour[3] === 255) {
              return colour;
            }
          }

          return rgb(getComputedStyle(document.documentElement).backgroundColor);
        };
        let least = [99, ''];
        const see = (text, behind, what) => { const c = contrast(rgb(text), behind); if (c < least[0]) { least = [c, what]; } };
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        let seen = 0;
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const element = node.parentElement;
          if (node.data.trim() && element.checkVisibility() && !element.closest('script, .unseen, .skip')) {
            see(getComputedStyle(element).color, ground(element), `${element.tagName} ${node.data.slice(0, 40)}`);
            seen++;
          }
        }

        for (const chart of document.querySelectorAll('.chart')) {
          const option = echarts.getInstanceByDom(chart).getOption();
          see(option.textStyle.color, ground(chart), `${chart.id} text`);
          for (const axis of [...option.xAxis, ...option.yAxis].filter(a => a.show !== false && a.axisLabel.show !== false)) {
            see(axis.axisLabel.color, ground(chart), `${chart.id} axis`);
            seen++;
          }
        }

        return `${seen > 100} ${least[0] >= 4.5} ${least[0].toFixed(2)} ${least[1]}`;
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryChartIsDrawn(bool dark)
    {
        browser.Open(TracePage(), dark);

        string[] charts = [.. browser.Run<IReadOnlyCollection<object>>(Colours).Select(static c => (string)c)];

        Assert.Equal(
            "live flame size-bars lifetime-bars thread-bars heap-map leak-bars", string.Join(' ', charts.Select(static c => c.Split(' ')[0])));
        Assert.All(charts, static c => Assert.True(int.Parse(c.Split(' ')[1]) > 8, c));
        Assert.Empty(browser.TakeMessages());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TextIsReadable(bool dark)
    {
        browser.Open(TracePage(), dark);
        string ground = browser.Run<string>("return getComputedStyle(document.body).backgroundColor");

        string contrast = browser.Run<string>(LeastContrast);

        Assert.StartsWith("true true ", contrast, StringComparison.Ordinal);
        Assert.Equal(dark ? "rgb(13, 17, 23)" : "rgb(244, 246, 248)", ground);
    }

    [Fact]
    public void ChartsFollowTheSchemeOfAnOpenPage()
    {
        browser.Open(TracePage());

        browser.Emulate(dark: true);

        // The page is told of the scheme when it is drawn next.
        string axis = browser.Run<string>("""
            const colour = () => echarts.getInstanceByDom(document.getElementById('live')).getOption().xAxis[1].axisLabel.color;
            return new Promise(resolve => {
              const look = () => colour() === '#556170' ? requestAnimationFrame(look) : resolve(colour());
              look();
            });
            """);
        Assert.Equal("#a2adba", axis);
        Assert.StartsWith("true true ", browser.Run<string>(LeastContrast), StringComparison.Ordinal);
    }

    [Fact]
    public void RecordingWithoutCallsIsAPageToo()
    {
        browser.Open(PageOf(new TraceWriter().ToArray()));

        Assert.Equal("Peak bytes 0 B", browser.Run<string>("return [...document.querySelectorAll('.card p')].slice(0, 2).map(p => p.textContent).join(' ')"));
        Assert.Empty(browser.TakeMessages());
    }

    [Fact]
    public void NothingIsFetched()
    {
        browser.Open(TracePage());

        Assert.Equal(0, browser.Run<long>("return performance.getEntriesByType('resource').length"));
    }

    [Fact]
    public void NarrowScreenNeedsNoScrollingToTheSide()
    {
        browser.Open(TracePage(), width: 360);

        Assert.Equal(360, browser.Run<long>("return document.documentElement.scrollWidth"));
        Assert.Empty(browser.TakeMessages());
    }

    [Fact]
    public void UntrustedNamesStayText()
    {
        ReportModel model = Models.Small(file: Models.Hostile) with { Name = Models.Hostile };
        browser.Open(Save(ReportPageTests.PageOf(model)));
        string shown = Models.Hostile.Replace('\u0007', '\uFFFD');

        Assert.Equal(shown, browser.Run<string>("return document.querySelector('h1').textContent"));
        Assert.Equal($"{shown}: heap report", browser.Run<string>("return document.title"));
        Assert.Contains(shown, browser.Run<string>("return document.querySelector('#leaks tbody').textContent"), StringComparison.Ordinal);
        foreach (string chart in (string[])["flame", "leak-bars"])
        {
            string tip = browser.Run<string>(
                "const place = document.getElementById(arguments[0]); const chart = echarts.getInstanceByDom(place);"
                + "chart.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: arguments[0] === 'flame' ? 1 : 0 }); return place.querySelector('.tip').textContent",
                chart);
            Assert.Contains("onerror=", tip, StringComparison.Ordinal);
        }

        Assert.Equal("0 undefined", browser.Run<string>("return `${document.querySelectorAll('img').length} ${window.owned}`"));
        Assert.Empty(browser.TakeMessages());
    }

    // Time in seconds, holders by site, addresses of the program's own.
    [Fact]
    public void RecordingWithClockSitesAndAddressesIsDrawn()
    {
        browser.Open(Save(ReportPageTests.PageOf(Models.Small())));

        Assert.All(browser.Run<IReadOnlyCollection<object>>(Colours), static c => Assert.True(int.Parse(((string)c).Split(' ')[1]) > 8, $"{c}"));
        Assert.Empty(browser.TakeMessages());
    }

    // The second has no size: blocks alone give the flame chart its widths, and there are no bars of sizes.
    [Theory]
    [InlineData("\"size\":1000,\"site\":0,\"ageMs\":9", "flame size-bars heap-map leak-bars")]
    [InlineData("\"site\":0", "flame heap-map leak-bars")]
    public void SnapshotIsDrawn(string fields, string expected)
    {
        string text = SnapshotJsonTests.Text($$"""{"address":"0x7f0000001000","count":1,{{fields}}},{"address":"0x7f0000002000","count":1,{{fields}}}""");
        browser.Open(PageOf(Encoding.UTF8.GetBytes(text)));

        string[] charts = [.. browser.Run<IReadOnlyCollection<object>>(Colours).Select(static c => (string)c)];

        Assert.Equal(expected, string.Join(' ', charts.Select(static c => c.Split(' ')[0])));
        Assert.All(charts, static c => Assert.True(int.Parse(c.Split(' ')[1]) > 8, c));
        Assert.Equal("1,1,1", browser.Run<string>(
            "return echarts.getInstanceByDom(document.getElementById('flame')).getOption().series[0].data.map(d => d[1] - d[0]).join()"));
        Assert.Empty(browser.TakeMessages());
    }

    [Fact]
    public void ClickedHolderFillsTheFlameChart()
    {
        browser.Open(Save(ReportPageTests.PageOf(Models.Small())));

        string widths = browser.Run<string>("""
            const chart = echarts.getInstanceByDom(document.getElementById('flame'));
            const widths = () => chart.getOption().series[0].data.filter(d => d[2] === 1).map(d => d[1] - d[0]);
            const before = widths();
            const click = x => chart.trigger('click', { componentType: 'series', seriesIndex: 0, dataIndex: x });
            click(1);
            const within = widths();
            click(0);
            return JSON.stringify([before.length, before[0] < 1, within, widths().length]);
            """);

        Assert.Equal("[2,true,[1],2]", widths);
    }

    [Fact]
    public void TimeCanBeZoomed()
    {
        browser.Open(TracePage());

        string zoomed = browser.Run<string>("""
            const chart = echarts.getInstanceByDom(document.getElementById('live'));
            chart.dispatchAction({ type: 'dataZoom', startValue: 1000, endValue: 2000 });
            const inside = [0, 1].map(i => chart.getModel().getComponent('xAxis', i).axis.scale.getExtent().join('-'));
            chart.getZr().handler.dispatch('dblclick', { offsetX: 300, offsetY: 100 });
            return [...inside, ...[0, 1].map(i => chart.getModel().getComponent('xAxis', i).axis.scale.getExtent().join('-'))].join(' ');
            """);

        Assert.Equal("1000-2000 1000-2000 0-6000 0-6000", zoomed);
    }

    private string TracePage() => PageOf(RandomTrace.Make(seed: 3, events: 6000));

    private string PageOf(byte[] recording)
    {
        string trace = Path.Combine(_folder, "random.rmt");
        File.WriteAllBytes(trace, recording);
        return Save(ReportPageTests.PageOf(ReportSources.Open(trace).Read()));
    }

    private string Save(string page)
    {
        string file = Path.Combine(_folder, "page.html");
        File.WriteAllText(file, page);
        return file;
    }
}
