using System.Text;
using System.Xml;
using Rm.Tool.Replay;

namespace Rm.Tool.Maps;

/// <summary>An arena at one moment of a replay, and its size over time, as SVG or as a page with it.</summary>
internal sealed class HeapPicture
{
    private const double Width = 1280;
    private const double Margin = 24;
    private const double Inner = Width - (2 * Margin);
    private const double SectionGap = 22;
    private const double HeadingHeight = 20;

    private readonly string _title;
    private readonly string _subtitle;
    private readonly FigureDrawing _figures;
    private readonly LegendDrawing _legend;
    private readonly MapDrawing _map;
    private readonly CurveDrawing _curves;

    private HeapPicture(ReplayResult result, SideResult side, HeapSnapshot snapshot, string moment)
    {
        _title = $"{result.Name}: {side.Side.Name()}";
        _subtitle = $"The heap {moment}: event {ByteText.Count(snapshot.Event)} of {ByteText.Count(result.Trace.Events)}.";
        _figures = new FigureDrawing(snapshot);
        _legend = new LegendDrawing(snapshot);
        _map = new MapDrawing(snapshot);
        _curves = new CurveDrawing(
            result.Trace.Events,
            snapshot.Event,
            side.Sampled?.Samples ?? [],
            result.Sides[0].Sampled?.Samples ?? [],
            side.Side.Name());
    }

    /// <summary>The picture of what a replay found.</summary>
    /// <param name="result">The replays.</param>
    /// <param name="moment">When the heap was described, in words.</param>
    /// <returns>Null when no heap was described.</returns>
    public static HeapPicture? Of(ReplayResult result, string moment)
    {
        SideResult? side = result.Sides.FirstOrDefault(static s => s.Mapped?.Snapshot is not null);
        return side is null ? null : new HeapPicture(result, side, side.Mapped!.Snapshot!, moment);
    }

    /// <summary>Writes it into a file: a page if the name ends in .html, else SVG.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string file)
    {
        bool page = Path.GetExtension(file).Equals(".html", StringComparison.OrdinalIgnoreCase);
        var settings = new XmlWriterSettings
        {
            Indent = true,
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            OmitXmlDeclaration = page,
        };
        using var xml = XmlWriter.Create(file, settings);
        if (page)
        {
            WritePage(xml);
        }
        else
        {
            Draw(new SvgWriter(xml));
        }
    }

    private void WritePage(XmlWriter xml)
    {
        xml.WriteDocType("html", null, null, null);
        xml.WriteStartElement("html");
        xml.WriteAttributeString("lang", "en");
        xml.WriteStartElement("head");
        xml.WriteStartElement("meta");
        xml.WriteAttributeString("charset", "utf-8");
        xml.WriteEndElement();
        xml.WriteElementString("title", _title);
        xml.WriteEndElement();
        xml.WriteStartElement("body");
        Draw(new SvgWriter(xml));
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private void Draw(SvgWriter svg)
    {
        const double titleHeight = 50;
        double figures = Margin + titleHeight;
        double map = figures + FigureDrawing.Height + SectionGap + HeadingHeight;
        double legend = map + _map.Height + SectionGap;
        double curves = legend + _legend.Height + SectionGap + HeadingHeight;
        double height = curves + CurveDrawing.Height + Margin;

        svg.Begin(Width, height);
        svg.DefineHatching(MapDrawing.Hatching, MapDrawing.NoMemory);
        svg.Rectangle(0, 0, Width, height, "#fff");
        svg.Label(Margin, Margin + 12, _title, size: 18, bold: true);
        svg.Label(Margin, Margin + 32, _subtitle);
        _figures.Draw(svg, Margin, figures, Inner);
        svg.Label(Margin, map - 8, "Memory by address", size: 14, bold: true);
        svg.Label(Width - Margin, map - 8, _map.Scale, "end", size: 11, fill: "#555");
        _map.Draw(svg, Margin, map, Inner);
        _legend.Draw(svg, Margin, legend, Inner);
        svg.Label(Margin, curves - 8, "Memory over time", size: 14, bold: true);
        _curves.Draw(svg, Margin, curves, Inner);
        svg.End();
    }
}
