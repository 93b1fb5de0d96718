using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Rm.Tests.Samples;

/// <summary>Stands where an application has its OTLP or Prometheus exporter: a line for every value.</summary>
internal sealed class LineExporter(List<string> lines) : BaseExporter<Metric>
{
    public override ExportResult Export(in Batch<Metric> batch)
    {
        foreach (Metric metric in batch)
        {
            foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
            {
                var tags = new List<string>();
                foreach (KeyValuePair<string, object?> tag in point.Tags)
                {
                    tags.Add($"{tag.Key}={tag.Value}");
                }

                long value = metric.MetricType == MetricType.LongGauge ? point.GetGaugeLastValueLong() : point.GetSumLong();
                lines.Add($"{metric.Name}{{{string.Join(',', tags)}}} {value}");
            }
        }

        return ExportResult.Success;
    }
}
