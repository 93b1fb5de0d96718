using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>What one writes by hand: counts in a dictionary, one lookup by reference to retain and one to release.</summary>
internal sealed class DictionaryCounts(Dictionary<nint, nint> counts, nint[] order) : CyclicContender(order.Length)
{
    public override void Dispose()
    {
    }

    protected override void Run(int from, int count) => Loop(counts, order.AsSpan(from, count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(Dictionary<nint, nint> counts, ReadOnlySpan<nint> order)
    {
        foreach (nint block in order)
        {
            ++CollectionsMarshal.GetValueRefOrNullRef(counts, block);
            --CollectionsMarshal.GetValueRefOrNullRef(counts, block);
        }
    }
}
