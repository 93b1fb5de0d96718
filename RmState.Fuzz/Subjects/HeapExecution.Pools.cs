using Rm.Arenas;

namespace Rm.Fuzz.Subjects;

/// <content>What tells the pools apart: size-class heaps first, then block heaps.</content>
internal sealed partial class HeapExecution
{
    private bool KeepsBlocks => _options.BlockHeaps > 0 && _options.KeepEmptyBlocks > 0;

    private bool IsOfElements(int pool) => pool >= _options.Heaps;

    private Pool CreatePool(int pool) => IsOfElements(pool)
        ? BlockHeap.Create((nuint)_options.ElementSize, _options.ElementsPerBlock, new BlockHeapOptions
        {
            Arena = _arena,
            Name = $"elements {pool}",
            Zeroed = _options.ZeroesElements,
            Alignment = (nuint)_options.ElementAlignment,
            KeepEmptyBlocks = _options.KeepEmptyBlocks,
        })
        : _arena.CreateHeap($"heap {pool}");

    // Both have a free of their own beside the contract's.
    private void FreeAt(int pool, nint block)
    {
        if (_pools[pool] is BlockHeap elements)
        {
            elements.Free(block);
        }
        else
        {
            ((SizeClassHeap)_pools[pool]).Free(block);
        }
    }

    private nuint LeastAlignment(int pool) => !IsOfElements(pool) ? 16
        : _options.ElementAlignment != 0 ? (nuint)_options.ElementAlignment
        : _options.ElementSize < 16 ? 8u
        : 16u;

    // The distance of elements: in a pass-through arena there is none.
    private nuint StrideOf(int pool)
    {
        nuint alignment = ((BlockHeap)_pools[pool]).Alignment;
        nuint size = (nuint)_options.ElementSize;
        return _options.PassThrough ? size : nuint.Max((size + alignment - 1) & ~(alignment - 1), 2);
    }

    // Another block is taken only when every element of those there are is in use, or cannot be committed: else some slab was lost.
    private void RequireNoRoom(int pool, PoolUsage before)
    {
        bool possible = _memory.Refused == MemoryCalls.None && _arena.CommitLimit == nuint.MaxValue;
        bool grown = possible && IsOfElements(pool) && !_options.PassThrough && _pools[pool].Usage.Slabs > before.Slabs;
        Require(
            !grown || before.LiveBlocks == before.Slabs * _options.ElementsPerBlock,
            $"pool {pool} took another block, with {before.LiveBlocks} elements live in {before.Slabs} blocks of {_options.ElementsPerBlock}");
    }

    private void CompareElements()
    {
        for (int pool = _options.Heaps; pool < _pools.Length; pool++)
        {
            BlockHeap heap = (BlockHeap)_pools[pool];
            HashSet<nint> expected = [.. _model.Live.Where(b => b.Pool == pool).Select(b => b.Address)];
            foreach (nint element in heap.LiveElements)
            {
                Require(expected.Remove(element), $"0x{element:x} is listed in pool {pool}, and is not live or was listed before");
            }

            Require(expected.Count == 0, $"{expected.Count} live elements of pool {pool} are not listed");
            long least = _options.PassThrough ? _model.BlocksOf(pool) : (_model.BlocksOf(pool) + _options.ElementsPerBlock - 1) / _options.ElementsPerBlock;
            Require(heap.Blocks >= least && heap.EmptyBlocks <= heap.Blocks, $"{heap.Blocks} blocks of pool {pool}, {heap.EmptyBlocks} of them empty, for {_model.BlocksOf(pool)} elements");
        }
    }
}
