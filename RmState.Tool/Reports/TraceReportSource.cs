using Rm.Tool.Replay;
using Rm.Tool.Reports.Histories;
using Rm.Tool.Reports.Models;
using Rm.Tool.Reports.Placements;
using Rm.Tool.Traces;

namespace Rm.Tool.Reports;

/// <summary>A recorded heap trace of version 1: no sites, no addresses, no clock.</summary>
internal sealed class TraceReportSource(string path) : IReportSource
{
    public ReportModel Read()
    {
        HeapHistory history = Follow();
        var script = ReplayScript.Load(path);
        HeapMap? map = script.Statistics.FitsThisMachine ? PeakPlacement.Of(script) : null;
        var holdings = new Holdings(history, []);
        return new ReportModel
        {
            Name = ReplayResult.ShortName(path),
            Kind = "recorded heap trace",
            Axis = history.Axis,
            Totals = history.Totals,
            Live = history.Live,
            Sizes = history.Sizes,
            Lifetimes = history.Lifetimes,
            Threads = history.Threads,
            Holders = holdings.AtPeak(),
            Map = map,
            MapAbsence = map is null ? "There is no map: this machine has too little memory to replay the recording." : null,
            Leaks = holdings.AtEnd(),
        };
    }

    private HeapHistory Follow()
    {
        using TraceBytes bytes = TraceBytes.Open(path);
        var reader = new TraceReader(bytes);
        var history = new HeapHistory(TimeUnit.Events);
        while (reader.Read(out TraceEvent read))
        {
            history.Add(new HeapCall
            {
                Thread = (int)read.Thread,
                Released = read.Released,
                Allocates = read.Allocated != TraceEvent.None,
                Bytes = (long)read.Size,
            });
        }

        return history;
    }
}
