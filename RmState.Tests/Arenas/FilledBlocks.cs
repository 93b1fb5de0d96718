using Rm.Arenas;

namespace Rm.Tests.Arenas;

/// <summary>Blocks of a heap that a test holds, each filled so that a write by anybody else, or a lost page, shows.</summary>
internal sealed unsafe class FilledBlocks(SizeClassHeap heap)
{
    private const int Ends = 512;

    private readonly Dictionary<nint, (nuint Size, byte Seed)> _blocks = [];
    private byte _seed = 1;

    public int Count => _blocks.Count;

    public SizeClassHeap Heap => heap;

    public nuint SizeOf(nint block) => _blocks[block].Size;

    public nint Nth(int n) => _blocks.Keys.ElementAt(n % _blocks.Count);

    public nint[] All => [.. _blocks.Keys];

    /// <summary>Takes a new block; 0 is no block.</summary>
    /// <returns>The block.</returns>
    public nint Add(nint block, nuint size)
    {
        if (block != 0)
        {
            Assert.True(heap.UsableSize(block) >= size, $"{heap.UsableSize(block)} bytes of {size} may be used");
            _blocks.Add(block, (size, ++_seed));
            Fill(block, size, _seed);
        }

        return block;
    }

    /// <summary>Takes a new block whose bytes must be 0.</summary>
    /// <returns>The block.</returns>
    public nint AddZeroed(nint block, nuint size)
    {
        if (block != 0)
        {
            Assert.Equal(-1, new Span<byte>((void*)block, (int)size).IndexOfAnyExcept((byte)0));
        }

        return Add(block, size);
    }

    /// <summary>Resizes a block; when the heap has no memory, the block must be as it was.</summary>
    /// <returns>The block at its new address, or 0.</returns>
    public nint Resize(nint block, nuint size, nuint alignment = 0)
    {
        (nuint old, byte seed) = _blocks[block];
        nint moved = heap.Reallocate(block, 0, size, alignment);
        if (moved == 0)
        {
            AssertFilled(block);
            return 0;
        }

        if (old <= size)
        {
            AssertFilled(moved, old, seed);
        }
        else
        {
            AssertFilled(moved, nuint.Min(size, old <= 2 * Ends ? old : Ends), seed);
        }

        _blocks.Remove(block);
        return Add(moved, size);
    }

    public void Free(nint block)
    {
        AssertFilled(block);
        _blocks.Remove(block);
        heap.Free(block);
    }

    public void FreeAll() => Assert.All(All, Free);

    public void AssertFilled() => Assert.All(_blocks.Keys, AssertFilled);

    private void AssertFilled(nint block) => AssertFilled(block, _blocks[block].Size, _blocks[block].Seed);

    private static void AssertFilled(nint block, nuint size, byte seed)
    {
        foreach ((nuint start, int length) in Parts(size))
        {
            if (new Span<byte>((byte*)block + start, length).IndexOfAnyExcept(seed) >= 0)
            {
                Assert.Fail($"the block of {size} bytes at 0x{block:x} was written to");
            }
        }
    }

    private static void Fill(nint block, nuint size, byte seed)
    {
        foreach ((nuint start, int length) in Parts(size))
        {
            new Span<byte>((byte*)block + start, length).Fill(seed);
        }
    }

    // The ends, and one byte in the middle of large ones: touching all of each would cost most of the time.
    private static IEnumerable<(nuint Start, int Length)> Parts(nuint size) => size <= 2 * Ends
        ? [(0, (int)size)]
        : [(0, Ends), (size / 2, 1), (size - Ends, Ends)];
}
