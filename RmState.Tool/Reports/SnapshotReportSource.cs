using Rm.Diagnostics;
using Rm.Tool.Maps;
using Rm.Tool.Replay;
using Rm.Tool.Reports.Histories;
using Rm.Tool.Reports.Models;
using Rm.Tool.Reports.Pages;
using Rm.Tool.Reports.Placements;
using Rm.Tool.Traces;

namespace Rm.Tool.Reports;

/// <summary>A snapshot of a state as JSON: one moment, with sites and ages as far as the state recorded them, and addresses.</summary>
/// <param name="path">The file, gzipped or not.</param>
/// <param name="mostBytes">The longest text that is read.</param>
internal sealed class SnapshotReportSource(string path, long mostBytes = SnapshotReportSource.MostBytes) : IReportSource
{
    /// <summary>About six million blocks.</summary>
    public const long MostBytes = 512L << 20;

    private const string Moment = "at the time of the snapshot";

    // No program has memory above; a damaged address must not overflow what is reckoned with it.
    private const long HighestAddress = 1L << 57;

    /// <summary>Whether a file that begins like this may be a snapshot.</summary>
    public static bool Matches(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> text = head.StartsWith("\uFEFF"u8) ? head["\uFEFF"u8.Length..] : head;
        return text.TrimStart(" \t\r\n"u8).StartsWith("{"u8) && text.IndexOf("rmstate-snapshot"u8) >= 0;
    }

    public ReportModel Read()
    {
        (RmSnapshot snapshot, long bytes) = Load();
        string[] files = [.. snapshot.BySite.Where(static g => g.Site is { IsKnown: true }).Select(static g => g.Site!.Value.File)];
        int folder = SharedFolder.LengthOf(files);
        (HolderTree holders, LeakTable live) = files.Length > 0
            ? Grouped(snapshot, ["file", "line"], "site", static b => b.Site, s => $"{ReportSite.Of(s, folder, null)}", s => ReportSite.Of(s, folder, null).Path)
            : Grouped(snapshot, ["size"], "size", static b => b.Size is { } size ? SizeGroup.Of((long)size).Index : -1, SizeName, static s => [SizeName(s)]);
        HeapMap? map = AddressMap.Of(Moment, PlacesOf(snapshot));
        return new ReportModel
        {
            Name = string.IsNullOrEmpty(snapshot.StateName) ? ReplayResult.ShortName(path) : snapshot.StateName,
            Kind = $"snapshot of a state at {SnapshotText.TimeOf(snapshot)}",
            Axis = new TimeAxis(TimeUnit.Seconds, 0),
            Totals = new HeapTotals
            {
                PeakBytes = Math.Max(bytes, snapshot.Statistics.PeakBytes),
                PeakBlocks = Math.Max(snapshot.LiveBlocks, snapshot.Statistics.PeakBlocks),
                EndBytes = bytes,
                EndBlocks = snapshot.LiveBlocks,
            },
            Sizes = SizesOf(snapshot),
            Holders = holders,
            Map = map,
            MapAbsence = map is null ? "There is no map: no block of the snapshot has a place that can be shown." : null,
            Leaks = live,
        };
    }

    private static (HolderTree Holders, LeakTable Live) Grouped<TKey>(
        RmSnapshot snapshot, string[] levels, string groupedBy, Func<RmBlock, TKey> keyOf, Func<TKey, string> nameOf, Func<TKey, string[]> pathOf)
        where TKey : notnull
    {
        var tally = new LeakTally<TKey>(nameOf);
        foreach (RmBlock block in snapshot.Blocks)
        {
            tally.Add(keyOf(block), BytesOf(block), block.Age?.TotalSeconds);
        }

        var holders = new HolderTree
        {
            Moment = Moment,
            Levels = levels,
            Note = NoteOn(snapshot, groupedBy),
            Root = HolderNode.Of("all", [.. tally.Groups.Select(g => (pathOf(g.Key), g.Value.Bytes, g.Value.Blocks))]),
        };
        return (holders, tally.ToTable(groupedBy));
    }

    private static string? NoteOn(RmSnapshot snapshot, string groupedBy)
    {
        var notes = new List<string>();
        if (groupedBy is "size")
        {
            notes.Add("The snapshot names no sites (file and line), so memory is split by the size of its blocks.");
        }

        if (snapshot.Blocks.Count(static b => b.Size is null) is > 0 and var unknown)
        {
            notes.Add($"Blocks whose size is unknown ({Quantity.Count(unknown)} here) count as 0 B.");
        }

        return notes.Count == 0 ? null : string.Join(' ', notes);
    }

    private static string SizeName(int group) => group < 0 ? "unknown size" : SizeGroup.All.ElementAt(group).Name;

    private static IReadOnlyList<SizeRow> SizesOf(RmSnapshot snapshot)
    {
        var sizes = new SizeCounts();
        foreach (RmBlock block in snapshot.Blocks)
        {
            if (block.Size is not null)
            {
                sizes.Add(BytesOf(block));
            }
        }

        return sizes.Rows;
    }

    private static (long Address, long Bytes)[] PlacesOf(RmSnapshot snapshot) =>
        [.. snapshot.Blocks.Where(static b => b.Address > 0 && b.Address < HighestAddress).Select(static b => ((long)b.Address, BytesOf(b)))];

    private static long BytesOf(RmBlock block) => (long)(block.Size ?? 0);

    private (RmSnapshot Snapshot, long Bytes) Load()
    {
        using MemoryStream text = Unpacked();
        try
        {
            var snapshot = RmSnapshot.FromJson(text);
            return (snapshot, snapshot.Blocks.Sum(BytesOf));
        }
        catch (FormatException e)
        {
            // The message may quote the file.
            throw new TraceException($"{path}: {Markup.Text(e.Message.ReplaceLineEndings(" "))}", e);
        }
        catch (OverflowException e)
        {
            throw new TraceException($"{path}: the snapshot is damaged: its blocks are larger than any memory", e);
        }
    }

    private MemoryStream Unpacked()
    {
        using TraceBytes bytes = TraceBytes.Open(path);
        var text = new MemoryStream();
        for (int b = bytes.Take(); b >= 0; b = bytes.Take())
        {
            if (text.Length == mostBytes)
            {
                throw new TraceException($"{path}: too long: a report is made of a snapshot of at most {ByteText.Of(mostBytes)}");
            }

            text.WriteByte((byte)b);
        }

        text.Position = 0;
        return text;
    }
}
