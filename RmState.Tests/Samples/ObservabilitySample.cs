using OpenTelemetry;
using OpenTelemetry.Metrics;
using Rm.Arenas;
using Rm.Diagnostics;
using Rm.Tests.Diagnostics;

namespace Rm.Tests.Samples;

/// <summary>Metrics and trace events.</summary>
public sealed class ObservabilitySample
{
    [Fact]
    public void StatesAndArenasAreMeasured()
    {
        #region meter
        using var meter = new RmMeter();                // one for the process

        using var arena = new Arena(new ArenaOptions { Name = "frames" });
        using var state = new RmState(new RmStateOptions { Name = "decoder" });
        meter.Add(arena);
        meter.Add(state);
        #endregion

        Assert.Throws<ArgumentException>(() => meter.Add(state));
    }

    [Fact]
    public void ThreadsShareASeries()
    {
        using var recorder = new MeterRecorder();
        using var meter = new RmMeter(recorder);

        #region meter-threads
        Parallel.For(0, 8, i =>
        {
            using var state = new RmState(new RmStateOptions { Name = "worker" });
            meter.Add(state, new KeyValuePair<string, object?>("queue", i % 2 == 0 ? "video" : "audio"));
            state.RmRelease(state.RmMalloc(256));
        });
        #endregion

        IReadOnlyDictionary<string, long> read = recorder.Read();
        Assert.Equal(4, read["rmstate.frees{queue=audio,rmstate.state.name=worker}"]);
        Assert.Equal(4, read["rmstate.frees{queue=video,rmstate.state.name=worker}"]);
    }

    [Fact]
    public void OpenTelemetryExportsThem()
    {
        var lines = new List<string>();
        BaseExporter<Metric> exporter = new LineExporter(lines);
        using var meter = new RmMeter();
        using var state = new RmState(new RmStateOptions { Name = "otel" });
        meter.Add(state);
        state.RmMalloc(4096);

        #region meter-opentelemetry
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(RmMeter.MeterName)                // "RmState"
            .AddReader(new PeriodicExportingMetricReader(exporter, exportIntervalMilliseconds: 10_000))
            .Build();
        #endregion

        provider.ForceFlush();
        Assert.Contains("rmstate.blocks.live{rmstate.state.name=otel} 1", lines, StringComparer.Ordinal);
        Assert.Contains("rmstate.bytes.peak{rmstate.state.name=otel} 4096", lines, StringComparer.Ordinal);
        Assert.Contains("rmstate.allocations{rmstate.state.name=otel} 1", lines, StringComparer.Ordinal);
    }

    [Fact]
    public void OperationsAreTraced()
    {
        using var state = new RmState(new RmStateOptions { Name = "decoder" });

        #region trace-operations
        using (state.TraceOperations())
        {
            nint frame = state.RmMalloc(4096);          // Allocated
            state.RmRetain(frame);                      // Retained
            state.RmRelease(frame);                     // Released
            state.RmRelease(frame);                     // Freed
        }
        #endregion

        Assert.Equal(1, state.Statistics.Frees);
    }
}
