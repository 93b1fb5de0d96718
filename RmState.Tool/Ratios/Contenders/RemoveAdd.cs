using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>Remove of a live block from a dictionary of counts, then Add of one that is not in it.</summary>
internal sealed class RemoveAdd(Dictionary<nint, nint> counts, Exchange[] exchanges) : CyclicContender(exchanges.Length)
{
    public override void Dispose()
    {
    }

    protected override void Run(int from, int count) => Loop(counts, exchanges.AsSpan(from, count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(Dictionary<nint, nint> counts, ReadOnlySpan<Exchange> exchanges)
    {
        foreach (Exchange exchange in exchanges)
        {
            counts.Remove(exchange.Leaves);
            counts.Add(exchange.Comes, 1);
        }
    }
}
