using Rm.Tool.Replay;

namespace Rm.Tool.Maps;

/// <summary>Memory over the events of a replay: what lived, what was committed, what was resident.</summary>
internal sealed class CurveDrawing
{
    public const double Height = 300;

    private const double AxisWidth = 64;
    private const double AxisHeight = 44;
    private const double LegendHeight = 24;
    private const int Ticks = 5;

    private readonly long _events;
    private readonly long _drawnAt;
    private readonly double _most;
    private readonly Curve[] _curves;

    public CurveDrawing(long events, long drawnAt, IReadOnlyList<MemorySample> arena, IReadOnlyList<MemorySample> malloc, string name)
    {
        _events = Math.Max(1, events);
        _drawnAt = drawnAt;
        _curves =
        [
            new Curve("live, as asked for", "#2b7a3d", "#dcefe0", null, arena, static s => s.LiveBytes),
            new Curve($"committed, {name}", "#1f5fae", "none", null, arena, static s => s.CommittedBytes),
            new Curve($"resident, {name}", "#c8372d", "none", null, arena, static s => s.ResidentBytes),
            new Curve("resident, malloc", "#666", "none", "5 4", malloc, static s => s.ResidentBytes),
        ];
        _most = Math.Max(1, _curves.SelectMany(static c => c.Samples.Select(c.Value)).Max() ?? 1);
    }

    public void Draw(SvgWriter svg, double x, double y, double width)
    {
        double left = x + AxisWidth;
        double top = y + LegendHeight;
        double right = x + width;
        double bottom = y + Height - AxisHeight;
        double step = NiceStep(_most / Ticks, 1024);
        double highest = Math.Ceiling(_most / step) * step;
        double XOf(double replayed) => left + (replayed / _events * (right - left));
        double YOf(double bytes) => bottom - (bytes / highest * (bottom - top));

        svg.BeginGroup("curves");
        for (double value = 0; value <= highest; value += step)
        {
            svg.Line(left, YOf(value), right, YOf(value), "#ddd");
            svg.Label(left - 6, YOf(value) + 4, ByteText.Of(value), "end", size: 11);
        }

        double stepX = NiceStep(_events / (2.0 * Ticks), 10);
        for (double value = 0; value <= _events; value += stepX)
        {
            svg.Line(XOf(value), bottom, XOf(value), bottom + 4, "#888");
            svg.Label(XOf(value), bottom + 18, ByteText.Count((long)value), XOf(value) > right - 36 ? "end" : "middle", size: 11);
        }

        svg.Label((left + right) / 2, bottom + 36, "events replayed; bytes over those before the heap was made", "middle", size: 11, fill: "#555");
        double legend = left;
        foreach (Curve curve in _curves)
        {
            (double X, double Y)[] points = [.. curve.Samples.Where(s => curve.Value(s) is not null).Select(s => (XOf(s.Event), YOf(curve.Value(s) ?? 0)))];
            if (points.Length == 0)
            {
                continue;
            }

            bool area = !string.Equals(curve.Fill, "none", StringComparison.Ordinal);
            svg.Path(area ? [(points[0].X, bottom), .. points, (points[^1].X, bottom)] : points, curve.Stroke, curve.Fill, curve.Dashes);
            svg.Path([(legend, y + 8), (legend + 26, y + 8)], curve.Stroke, dashes: curve.Dashes);
            svg.Label(legend + 32, y + 12, curve.Name);
            legend += 250;
        }

        svg.Line(XOf(_drawnAt), top, XOf(_drawnAt), bottom, "#222", "2 3");
        bool late = _drawnAt > _events * 0.9;
        svg.Label(XOf(_drawnAt) + (late ? -5 : 5), top + 12, "the map", late ? "end" : "start", size: 11);
        svg.End();
    }

    /// <summary>The least of 1, 2 and 5 times a power that is not below a number; whole units where the power is 1024.</summary>
    internal static double NiceStep(double least, double unit)
    {
        double power = Math.Pow(unit, Math.Max(0, Math.Floor(Math.Log(Math.Max(1, least), unit))));
        foreach (double factor in (double[])[1, 2, 5, 10, 20, 50, 100, 200, 500])
        {
            if (factor * power >= least)
            {
                return factor * power;
            }
        }

        return unit * power;
    }

    private sealed record Curve(
        string Name, string Stroke, string Fill, string? Dashes, IReadOnlyList<MemorySample> Samples, Func<MemorySample, double?> Value);
}
