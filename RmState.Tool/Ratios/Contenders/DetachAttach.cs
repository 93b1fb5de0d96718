using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>RmDetach of a live block, then RmAttach of one that is not.</summary>
internal sealed class DetachAttach(RmState state, Exchange[] exchanges) : CyclicContender(exchanges.Length)
{
    public override void Dispose() => state.Dispose();

    protected override void Run(int from, int count) => Loop(state, exchanges.AsSpan(from, count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(RmState state, ReadOnlySpan<Exchange> exchanges)
    {
        foreach (Exchange exchange in exchanges)
        {
            state.RmDetach(exchange.Leaves);
            state.RmAttach(exchange.Comes);
        }
    }
}
