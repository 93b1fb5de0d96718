using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>Asks who holds one block after another.</summary>
internal sealed class WhoHolds(RmState state, nint[] order) : CyclicContender(order.Length)
{
    public override void Dispose() => state.Dispose();

    protected override void Run(int from, int count) => Loop(state, order.AsSpan(from, count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(RmState state, ReadOnlySpan<nint> order)
    {
        foreach (nint block in order)
        {
            state.RmWhoHolds(block);
        }
    }
}
