using Rm.Tool.Maps;
using Rm.Tool.Replay;
using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Pages;

/// <summary>The map of a heap as rectangles in rows of equal length.</summary>
internal sealed record MapData
{
    // Finer than a pixel of any screen.
    private const int Digits = 5;

    /// <summary>By row: what stands before it.</summary>
    public required string[] Labels { get; init; }

    /// <summary>By row: how much of it is address space of the heap, 0 to 1.</summary>
    public required double[] Widths { get; init; }

    /// <summary>By range: a sentence about it.</summary>
    public required string[] Ranges { get; init; }

    /// <summary>
    /// By rectangle: row, where in it, how long (both 0 to 1), group of sizes (−1 for spare memory), depth of colour, range.
    /// </summary>
    public required double[][] Cells { get; init; }

    /// <summary>The groups of sizes that there are: number and name.</summary>
    public required SortedDictionary<int, string> Groups { get; init; }

    public static MapData Of(HeapMap map)
    {
        var layout = new MapLayout(map.Ranges);
        var cells = new List<double[]>();
        for (int i = 0; i < map.Ranges.Count; i++)
        {
            HeapRange range = map.Ranges[i];
            int group = range.ElementSize == 0 ? -1 : SizeGroup.Of(range.ElementSize).Index;
            foreach (MapStretch stretch in layout.StretchesOf(range))
            {
                cells.AddRange(layout.PiecesOf(stretch.Start, stretch.Bytes).Select(p =>
                    new[] { p.Row, Math.Round(p.From, Digits), Math.Round(p.Width, Digits), group, stretch.Depth, i }));
            }
        }

        (string Label, double Width)[] rows = [.. layout.Labels()];
        return new MapData
        {
            Labels = [.. rows.Select(static r => r.Label)],
            Widths = [.. rows.Select(static r => Math.Round(r.Width, Digits))],
            Ranges = [.. map.Ranges.Select(MapDrawing.Describe)],
            Cells = [.. cells],
            Groups = new SortedDictionary<int, string>(SizeGroupUse.Of(map.Ranges).ToDictionary(static u => u.Group.Index, static u => u.Group.Name)),
        };
    }
}
