using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// Asking who holds a block, in microseconds a call, what the answer costs the collector included. The state records sites; those that
/// are asked for are spread over its table and asked in random order.
/// </summary>
internal sealed class WhoHoldsCase(Row row) : BenchCase(row)
{
    /// <summary>Holds, by name, of a block that is asked for.</summary>
    internal const int Holds = 8;

    /// <summary>Places that retained it, each more often than any place released it.</summary>
    internal const int RetainSites = 6;

    /// <summary>Places that released it.</summary>
    internal const int ReleaseSites = 4;

    private const int Live = 100_000;
    private const int AskedOneIn = 100;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        using BlockPool pool = BlockPool.Allocate(context.Settings.Sized(Live));
        RmState state = States.OfSized(seed: 1, pool.Addresses, RmDiagnosticsLevel.Sites);
        nint[] asked = [.. pool.Addresses.Where(static (_, index) => index % AskedOneIn == 0)];
        foreach (nint block in asked)
        {
            Hold(state, block);
        }

        using var asking = new WhoHolds(state, new Draws(asked).Pointers);
        context.Tiering.Settle(asking);
        Comparison comparison = context.Rounds.Compare(asking, asking, context.Settings.Attempts);
        Verify(state, asked);
        string note = $"A/A {comparison.AgainstItself:F3}";
        return [Figure.OfAbsolute(comparison.Ours / 1e3, comparison.IsNoisy ? $"NOISY: {note}" : note)];
    }

    private static void Hold(RmState state, nint block)
    {
        const string file = nameof(WhoHoldsCase);
        int line = 0;
        for (int hold = 0; hold < Holds; hold++)
        {
            _ = state.RmRetainAs(block, file, ++line);
        }

        for (int site = 0; site < RetainSites; site++)
        {
            line++;
            state.RmRetain(block, file, line);
            state.RmRetain(block, file, line);
        }

        for (int site = 0; site < ReleaseSites; site++)
        {
            state.RmRelease(block, file, ++line);
        }
    }

    // A wrong answer is no measurement.
    private static void Verify(RmState state, nint[] asked)
    {
        foreach (nint block in asked)
        {
            RmHolders holders = state.RmWhoHolds(block);
            if (holders.Holds.Count != Holds || holders.Retains.Count != RetainSites || holders.Releases.Count != ReleaseSites
                || holders.Unrecorded != 0)
            {
                throw new InvalidOperationException($"wrong holders: {holders}");
            }
        }
    }
}
