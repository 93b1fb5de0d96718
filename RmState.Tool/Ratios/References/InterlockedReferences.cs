using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Cases;

namespace Rm.Tool.Ratios.References;

/// <summary>What one writes by hand for several threads: a count in front of each native block, changed by atomic instructions.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposable, through the interface it implements.")]
internal readonly unsafe struct InterlockedReferences : IIndexedReferences<InterlockedReferences>
{
    private readonly BlockPool _pool;
    private readonly nint[] _blocks;

    private InterlockedReferences(BlockPool pool)
    {
        _pool = pool;
        _blocks = pool.Addresses;
        foreach (nint block in _blocks)
        {
            *(long*)block = 1;
        }
    }

    public static InterlockedReferences Of(int blocks) => new(BlockPool.Allocate(blocks));

    /// <summary>The count of one of the blocks.</summary>
    internal long CountOf(int index) => *(long*)_blocks[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RetainAndRelease(int index)
    {
        ref long count = ref *(long*)_blocks[index];
        Interlocked.Increment(ref count);
        Interlocked.Decrement(ref count);
    }

    public void Dispose() => _pool.Dispose();
}
