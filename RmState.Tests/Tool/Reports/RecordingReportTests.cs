using Rm.Tests.Diagnostics;
using Rm.Tests.LeakCheck;
using Rm.Tool.Reports;
using Rm.Tool.Reports.Models;
using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Reports;

/// <summary>A recording of a state becomes a report with its sites and its addresses.</summary>
public sealed class RecordingReportTests : LeakChecked
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public override void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        base.Dispose();
    }

    [Fact]
    public void HoldersAndLeaksAreBySite()
    {
        RmState state = NewState(new RmStateOptions { Name = "decoder" });
        ReportModel model = ReportOf(RecordingFiles.Of(state, () =>
        {
            nint frame = state.RmMalloc(1000, "/app/src/Decoder.cs", 88);
            nint packet = state.RmMalloc(300, "/app/src/Player.cs", 7);
            packet = state.RmRealloc(packet, 500, "/app/src/Player.cs", 8);
            state.RmRetain(packet);
            state.RmRelease(packet);
            state.RmRelease(frame);
            state.Dispose();
        }));

        Assert.Equal(("decoder", "recording of a state"), (model.Name, model.Kind));
        Assert.Equal((1500, 2), (model.Totals.PeakBytes, model.Totals.PeakBlocks));
        Assert.Equal((500, 1, 3), (model.Totals.EndBytes, model.Totals.EndBlocks, model.Totals.Allocations));
        Assert.Equal(["file", "line", "kind"], model.Holders.Levels, StringComparer.Ordinal);
        Assert.Equal(
            [("Decoder.cs", "line 88", "RmMalloc", 1000L), ("Player.cs", "line 8", "RmRealloc", 500)],
            model.Holders.Root.Children.Select(static f => (f.Name, f.Children[0].Name, f.Children[0].Children[0].Name, f.Bytes)));
        LeakGroup leak = Assert.Single(model.Leaks.Groups);
        Assert.Equal(("Player.cs:8 RmRealloc", 1, 500), (leak.Name, leak.Blocks, leak.Bytes));
        Assert.Null(model.Threads);
        Assert.Equal(1500, model.Map!.Ranges.Sum(static r => r.AskedBytes));
    }

    [Fact]
    public void WhatAResetFreesIsNotLeft()
    {
        RmState state = NewState();
        ReportModel model = ReportOf(RecordingFiles.Of(state, () =>
        {
            _ = state.RmMalloc(1000);
            state.Reset();
            _ = state.RmMalloc(10);
            state.Dispose();
        }));

        Assert.Equal((1000, 10, 1), (model.Totals.PeakBytes, model.Totals.EndBytes, model.Totals.EndBlocks));
        Assert.Equal(1, model.Lifetimes!.Rows.Sum(static r => r.Count));
    }

    // The clock does not move between most allocations and their releases; a block lives for some time all the same.
    [Fact]
    public void CallsBetweenTwoTicksAreSpread()
    {
        RmState state = NewState();
        byte[] recording = RecordingFiles.Of(state, () =>
        {
            long start = Environment.TickCount64;
            while (Environment.TickCount64 - start < 100)
            {
                state.RmRelease(state.RmMalloc(64));
            }
        });

        ReportModel model = ReportOf(recording);

        Assert.Equal(TimeUnit.Seconds, model.Axis.Unit);
        Assert.InRange(model.Axis.Length, 0.05, 60);
        Assert.InRange(model.Lifetimes!.Median!.Value, 1e-9, 0.01);
        Assert.Equal(model.Live!.Bytes.OrderBy(static p => p.Time).Select(static p => p.Time), model.Live.Bytes.Select(static p => p.Time));
    }

    [Fact]
    public void DamagedRecordingIsRefused()
    {
        RmState state = NewState();
        byte[] whole = RecordingFiles.Of(state, () => state.RmRelease(state.RmMalloc(64)));

        Assert.Throws<TraceException>(() => ReportOf(whole[..^1]));
    }

    private ReportModel ReportOf(byte[] recording)
    {
        string file = Path.Combine(_folder, "state.rmt");
        File.WriteAllBytes(file, recording);
        return ReportSources.Open(file).Read();
    }
}
