using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// A recorded heap replayed through a state over malloc and through one over an arena, against plain malloc; and the peak resident
/// bytes over an arena, with a state and without.
/// </summary>
internal sealed class ReplayCase(string trace, Row overMalloc, Row overArena, Row countedPeak, Row uncountedPeak)
    : BenchCase(overMalloc, overArena, countedPeak, uncountedPeak)
{
    internal override IReadOnlyList<Figure> Measure(BenchContext context) =>
    [
        context.Replays.TimeOf(trace, ReplaySide.StateOverMalloc),
        context.Replays.TimeOf(trace, ReplaySide.StateOverArena),
        context.Replays.PeakOf(trace, ReplaySide.StateOverArena),
        context.Replays.PeakOf(trace, ReplaySide.Arena),
    ];
}
