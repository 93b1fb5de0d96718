using System.Globalization;
using System.Xml;

namespace Rm.Tool.Maps;

/// <summary>The few shapes of SVG that the picture is made of.</summary>
internal sealed class SvgWriter(XmlWriter xml)
{
    private const string Namespace = "http://www.w3.org/2000/svg";

    public void Begin(double width, double height)
    {
        xml.WriteStartElement("svg", Namespace);
        xml.WriteAttributeString("viewBox", $"0 0 {Text(width)} {Text(height)}");
        Attribute("width", width);
        Attribute("height", height);
        xml.WriteAttributeString("font-family", "DejaVu Sans, Verdana, Arial, sans-serif");
        xml.WriteAttributeString("font-size", "12");
    }

    public void BeginGroup(string name, string? tip = null)
    {
        xml.WriteStartElement("g", Namespace);
        xml.WriteAttributeString("class", name);
        if (tip is not null)
        {
            xml.WriteElementString("title", Namespace, tip);
        }
    }

    public void End() => xml.WriteEndElement();

    public void Rectangle(double x, double y, double width, double height, string fill, string? stroke = null)
    {
        xml.WriteStartElement("rect", Namespace);
        Attribute("x", x);
        Attribute("y", y);
        Attribute("width", width);
        Attribute("height", height);
        xml.WriteAttributeString("fill", fill);
        if (stroke is not null)
        {
            xml.WriteAttributeString("stroke", stroke);
            xml.WriteAttributeString("stroke-width", "0.5");
        }

        xml.WriteEndElement();
    }

    public void Label(double x, double y, string text, string anchor = "start", double size = 12, bool bold = false, string fill = "#222")
    {
        xml.WriteStartElement("text", Namespace);
        Attribute("x", x);
        Attribute("y", y);
        xml.WriteAttributeString("text-anchor", anchor);
        Attribute("font-size", size);
        xml.WriteAttributeString("fill", fill);
        if (bold)
        {
            xml.WriteAttributeString("font-weight", "bold");
        }

        xml.WriteString(text);
        xml.WriteEndElement();
    }

    public void Line(double x1, double y1, double x2, double y2, string stroke, string? dashes = null)
    {
        xml.WriteStartElement("line", Namespace);
        Attribute("x1", x1);
        Attribute("y1", y1);
        Attribute("x2", x2);
        Attribute("y2", y2);
        Stroke(stroke, 1, dashes);
        xml.WriteEndElement();
    }

    /// <summary>Lines from point to point; with a fill, the area that they enclose.</summary>
    public void Path(IEnumerable<(double X, double Y)> points, string stroke, string fill = "none", string? dashes = null)
    {
        xml.WriteStartElement(string.Equals(fill, "none", StringComparison.Ordinal) ? "polyline" : "polygon", Namespace);
        xml.WriteAttributeString("points", string.Join(' ', points.Select(static p => $"{Text(p.X)},{Text(p.Y)}")));
        xml.WriteAttributeString("fill", fill);
        Stroke(stroke, 1.5, dashes);
        xml.WriteEndElement();
    }

    /// <summary>Slanted lines as a fill: <c>url(#name)</c>.</summary>
    public void DefineHatching(string name, string stroke)
    {
        const int distance = 5;
        xml.WriteStartElement("defs", Namespace);
        xml.WriteStartElement("pattern", Namespace);
        xml.WriteAttributeString("id", name);
        xml.WriteAttributeString("patternUnits", "userSpaceOnUse");
        Attribute("width", distance);
        Attribute("height", distance);
        Rectangle(0, 0, distance, distance, "#fff");
        Line(0, distance, distance, 0, stroke);
        End();
        End();
    }

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private void Attribute(string name, double value) => xml.WriteAttributeString(name, Text(value));

    private void Stroke(string stroke, double width, string? dashes)
    {
        xml.WriteAttributeString("stroke", stroke);
        Attribute("stroke-width", width);
        if (dashes is not null)
        {
            xml.WriteAttributeString("stroke-dasharray", dashes);
        }
    }
}
