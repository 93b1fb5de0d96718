using Rm.Arenas;
using Rm.Memory;

namespace Rm.Tests.Contracts;

/// <summary>One allocator, made for one test, and what the contract has to know about it.</summary>
internal sealed class AllocatorSubject(INativeAllocator allocator) : IDisposable
{
    private bool _disposed;

    public INativeAllocator Allocator { get; } = allocator;

    /// <summary>The allocator as a pool; null for malloc, which is none.</summary>
    public Pool? Pool { get; init; }

    public Arena? Arena => Pool?.Arena;

    /// <summary>Larger blocks are refused, as by a heap of equal elements.</summary>
    public nuint LargestSize { get; init; } = nuint.MaxValue;

    /// <summary>Higher alignments are refused.</summary>
    public nuint LargestAlignment { get; init; } = (nuint)1 << 47;

    /// <summary>Committed memory that cannot go back to the system: the caller's.</summary>
    public nuint KeptBytes { get; init; }

    /// <summary>Whether freeing a block a second time is told from freeing what was never a block.</summary>
    public bool TellsFreedFromForeign { get; init; }

    /// <summary>Frees what the test lent the arena.</summary>
    public Action? Afterwards { get; init; }

    public bool MustRefuse(nuint size, nuint alignment) => size > LargestSize || alignment > LargestAlignment;

    /// <summary>Whether a refusal just now was for want of memory: what is in use and what was asked for exceed the limit.</summary>
    public bool MayRefuse(nuint size, nuint alignment)
    {
        if (MustRefuse(size, alignment))
        {
            return true;
        }

        if (Arena is null || Arena.CommitLimit == nuint.MaxValue)
        {
            return false;
        }

        nuint rounded = size + nuint.Min(alignment, Granule.Bytes);
        nuint needed = nuint.Max(Granule.Bytes, rounded + (rounded / 8) + 4096);
        return Arena.CommittedBytes - Arena.SpareBytes + needed > Arena.CommitLimit;
    }

    /// <summary>What is wrong with the memory the allocator keeps once every block is free; null when nothing is.</summary>
    public string? FindRetained()
    {
        if (Pool is null || Arena is null)
        {
            return null;
        }

        _ = Pool.Trim();
        _ = Arena.Trim();
        PoolUsage usage = Pool.Usage;
        return usage.LiveBlocks != 0 || usage.LiveBytes != 0 ? $"no block lives, but {usage}"
            : Arena.CommittedBytes > KeptBytes || Arena.SpareBytes != Arena.CommittedBytes
                ? $"{Arena.CommittedBytes} bytes are committed, {Arena.SpareBytes} of them spare, after everything was freed and trimmed"
            : null;
    }

    public void Dispose()
    {
        Pool?.Dispose();
        Arena?.Dispose();
        if (!_disposed)
        {
            Afterwards?.Invoke();
        }

        _disposed = true;
    }
}
