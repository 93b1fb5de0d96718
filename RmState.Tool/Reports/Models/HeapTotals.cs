namespace Rm.Tool.Reports.Models;

/// <summary>The figures at the top of a report. Bytes are those that were asked for.</summary>
internal sealed record HeapTotals
{
    /// <summary>Heap calls; null where only one moment is known.</summary>
    public long? Events { get; init; }

    /// <summary>Whether only one moment is known: what is live then was not left behind, it is at work.</summary>
    public bool IsOfOneMoment => Events is null;

    public long? Allocations { get; init; }

    /// <summary>The bytes of all <see cref="Allocations"/>.</summary>
    public UInt128? AllocatedBytes { get; init; }

    public required long PeakBytes { get; init; }

    /// <summary>The first moment of <see cref="PeakBytes"/>, in the report's time.</summary>
    public double? PeakBytesAt { get; init; }

    public required long PeakBlocks { get; init; }

    /// <summary>The first moment of <see cref="PeakBlocks"/>, in the report's time.</summary>
    public double? PeakBlocksAt { get; init; }

    /// <summary>Bytes live at the end.</summary>
    public required long EndBytes { get; init; }

    /// <summary>Blocks live at the end.</summary>
    public required long EndBlocks { get; init; }
}
