using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Levels;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Ratios.References;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// The run's A/A row: the same thing against itself. Its ratio is how far it is from 1 in either direction, as a factor; out of
/// bounds means that the method or the machine, not the library, made the difference.
/// </summary>
internal sealed class AgainstItselfCase(Row row, int blocks) : BenchCase(row)
{
    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        using BlockPool pool = BlockPool.Allocate(context.Settings.Sized(blocks));
        var draws = new Draws(pool.Addresses);
        using var both = new RetainRelease<StateReferences<AtCounters>>(StateReferences<AtCounters>.To(seed: 1, draws.Blocks), draws.Pointers);
        context.Tiering.Settle(both);
        Comparison comparison = context.Rounds.Compare(both, both, context.Settings.Attempts);
        double factor = Math.Max(comparison.Ratio, 1 / comparison.Ratio);
        return [new Figure(comparison.Ours, comparison.Peer, factor, comparison.IsNoisy ? "NOISY" : "")];
    }
}
