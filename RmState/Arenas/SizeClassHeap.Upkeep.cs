using Rm.Violations;

namespace Rm.Arenas;

public sealed unsafe partial class SizeClassHeap
{
    private WeakReference<IBlockCounter>? _counter;

    /// <inheritdoc/>
    public override long Trim(long budget = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(budget);
        _ = Begin();
        try
        {
            DropRuns();
            return _passed is null ? (long)_store.Trim((nuint)budget) : 0;
        }
        finally
        {
            End();
        }
    }

    /// <inheritdoc/>
    public override void Verify()
    {
        _ = Begin();
        try
        {
            if (_store.FindBroken() is { } broken)
            {
                throw new CorruptArenaException(
                    $"{NameForMessages} is corrupt: {broken}. Native code wrote over its tables, or two threads used it at once.");
            }
        }
        finally
        {
            End();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        ThrowIfCounted();
        _ = Begin();
        _disposed = true;
        Counter?.HeapClosed();
        _passed?.FreeAll();
        _store.Close();
        Arena.Unregister(_tag);
        GC.SuppressFinalize(this);
    }

    internal override void ThrowIfCounted()
    {
        if (Counter is not { } counter)
        {
            return;
        }

        long counted = 0;
        _store.ForEachSlab(slab =>
        {
            foreach (byte mark in new ReadOnlySpan<byte>(Slab.Marks(slab), slab->Elements))
            {
                counted += Mark.IsCounted(mark) || mark == Mark.Elsewhere ? 1 : 0;
            }
        });
        if (counted > 0)
        {
            throw new CountedBlockException(
                $"{NameForMessages} cannot be disposed: {counter.NameForMessages} counts {counted} blocks of it. Dispose the state first.");
        }
    }

    internal override ArenaRange Describe(nint start, nuint bytes, nuint committed) => _store.Describe(this, start, bytes, committed);

    internal override nuint MeasureTables() => _store.MeasureTables(Arena.Memory);

    /// <summary>Lets a state keep its counts in the heap's marks; one state at a time can.</summary>
    /// <returns>What its fast paths need; null when another state does already, or blocks pass through to malloc.</returns>
    internal HeapTables* TryClaim(IBlockCounter counter)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_passed is not null || Counter is not null)
        {
            return null;
        }

        if (_hasOrphans)
        {
            AbandonCounted();
        }

        _counter = new WeakReference<IBlockCounter>(counter, trackResurrection: true);
        return _tables;
    }

    /// <summary>Ends the claim.</summary>
    /// <param name="orphans">Whether counted blocks are left, as when a state is collected.</param>
    internal void Unclaim(bool orphans)
    {
        _hasOrphans |= orphans;
        _counter = null;
    }

    /// <summary>Makes the blocks that a state counts the heap's own: in use, counted by nobody.</summary>
    internal void AbandonCounted()
    {
        _store.ForEachSlab(static slab =>
        {
            foreach (ref byte mark in new Span<byte>(Slab.Marks(slab), slab->Elements))
            {
                mark = Mark.IsCounted(mark) || mark == Mark.Elsewhere ? Mark.Live : mark;
            }
        });
        _hasOrphans = false;
    }

    private bool _hasOrphans;

    /// <summary>The blocks that a state counts here. They may be freed meanwhile, none allocated.</summary>
    internal IEnumerable<(nint Block, int Count, nuint Size)> CountedBlocks()
    {
        if (_disposed)
        {
            yield break;
        }

        foreach ((nint start, _) in Arena.RunsOf(_tag))
        {
            for (int index = 0; TryCounted(start, ref index, out (nint Block, int Count, nuint Size) found); index++)
            {
                yield return found;
            }
        }
    }

    private bool TryCounted(nint start, ref int index, out (nint Block, int Count, nuint Size) found)
    {
        Slab* slab = _store.SlabOf(start);
        for (; slab != null && index < slab->Elements; index++)
        {
            byte mark = Slab.Marks(slab)[index];
            if (Mark.IsCounted(mark))
            {
                found = (Slab.AddressOf(slab, index), Mark.Count(mark), slab->Stride);
                return true;
            }
        }

        found = default;
        return false;
    }

    private IBlockCounter? Counter => _counter is not null && _counter.TryGetTarget(out IBlockCounter? counter) ? counter : null;

    private string CounterName => Counter?.NameForMessages ?? "a state that was not disposed";
}
