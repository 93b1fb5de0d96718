using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Ratios.References;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>Takes a reference to one block after another and gives it back at once, by the blocks' indexes.</summary>
internal sealed class Referencing<TReferences>(TReferences references, int[] order) : CyclicContender(order.Length)
    where TReferences : struct, IIndexedReferences<TReferences>
{
    public override void Dispose() => references.Dispose();

    protected override void Run(int from, int count) => Loop(references, order.AsSpan(from, count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(TReferences references, ReadOnlySpan<int> order)
    {
        foreach (int index in order)
        {
            references.RetainAndRelease(index);
        }
    }
}
