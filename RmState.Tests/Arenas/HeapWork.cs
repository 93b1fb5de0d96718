using Rm.Arenas;

namespace Rm.Tests.Arenas;

/// <summary>Random work on one heap: blocks of all sizes, resized, zeroed, aligned, freed, and the heap trimmed.</summary>
internal sealed class HeapWork(SizeClassHeap heap, int seed)
{
    private const int Most = 150;

    private readonly Random _random = new(seed);
    private readonly FilledBlocks _blocks = new(heap);

    public FilledBlocks Blocks => _blocks;

    /// <summary>Allocations that found no memory.</summary>
    public int Refused { get; private set; }

    public void Run(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            Step();
        }

        _blocks.AssertFilled();
    }

    private void Step()
    {
        int kind = _random.Next(100);
        if (_blocks.Count > 0 && (kind < 45 || _blocks.Count > Most))
        {
            _blocks.Free(Pick());
            return;
        }

        nint block = kind switch
        {
            < 70 => Allocate(Size()),
            < 78 => Zeroed(Size()),
            < 85 => Aligned(Size(), (nuint)16 << _random.Next(14)),
            < 97 when _blocks.Count > 0 => _blocks.Resize(Pick(), Size()),
            _ => Trim(),
        };
        Refused += block == 0 ? 1 : 0;
    }

    private nint Allocate(nuint size) => _blocks.Add(heap.Allocate(size), size);

    private nint Zeroed(nuint size) => _blocks.AddZeroed(heap.AllocateZeroed(size), size);

    private nint Aligned(nuint size, nuint alignment)
    {
        nint block = heap.AllocateAligned(size, alignment);
        Assert.Equal(0u, (nuint)block % alignment);
        return _blocks.Add(block, size);
    }

    private nint Trim()
    {
        _ = heap.Trim(_random.Next(1 << 20));
        return 1;
    }

    private nint Pick() => _blocks.Nth(_random.Next(_blocks.Count));

    private nuint Size() => (nuint)_random.Next(100) switch
    {
        < 60 => (nuint)_random.Next(1000),
        < 80 => (nuint)_random.Next(40_000),
        < 95 => (nuint)_random.Next(400_000),
        _ => (nuint)_random.Next(4_000_000),
    };
}
