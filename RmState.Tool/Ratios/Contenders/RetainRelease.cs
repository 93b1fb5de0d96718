using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Ratios.References;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>Takes a reference to one block after another and gives it back at once.</summary>
internal sealed class RetainRelease<TReferences>(TReferences references, nint[] order) : CyclicContender(order.Length)
    where TReferences : struct, IReferences<TReferences>
{
    public override void Dispose() => references.Dispose();

    protected override void Run(int from, int count) => Loop(references, order.AsSpan(from, count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(TReferences references, ReadOnlySpan<nint> order)
    {
        foreach (nint block in order)
        {
            references.RetainAndRelease(block);
        }
    }
}
