namespace Rm.Arenas;

// Walking the elements in use.
public sealed unsafe partial class BlockHeap
{
    /// <summary>
    /// The elements in use, block by block in the order of addresses. Enumerating is O(elements of all blocks); the heap must not be
    /// changed meanwhile, and the enumerator notices when it was.
    /// </summary>
    public BlockElementCollection LiveElements => new(this);

    /// <summary>Begins an enumeration.</summary>
    /// <param name="version">What <see cref="TryNext"/> wants back.</param>
    /// <returns>Where blocks begin; in a pass-through arena the elements.</returns>
    internal nint[] StartWalk(out long version)
    {
        version = Begin();
        try
        {
            return _passed is not null ? _passed.Addresses : [.. Arena.RunsOf(_tag).Select(static run => run.Start)];
        }
        finally
        {
            End(version, changed: false);
        }
    }

    /// <summary>Goes to the next element in use.</summary>
    /// <param name="starts">Where blocks begin.</param>
    /// <param name="version">As of the beginning.</param>
    /// <param name="block">The block being walked.</param>
    /// <param name="index">The element looked at next.</param>
    /// <param name="element">The element; 0 when the result is false.</param>
    /// <returns>False after the last one.</returns>
    internal bool TryNext(nint[] starts, long version, ref int block, ref int index, out nint element)
    {
        ThrowIfChanged(version);
        element = 0;
        if (_passed is not null)
        {
            element = block < starts.Length ? starts[block++] : 0;
            return element != 0;
        }

        for (; block < starts.Length; block++, index = 0)
        {
            Slab* slab = _store.SlabOf(starts[block]);
            int found = new ReadOnlySpan<byte>(Slab.Marks(slab) + index, slab->Elements - index)
                .IndexOfAnyExcept(Mark.Free, Mark.Cached, Mark.CachedClean);
            if (found >= 0)
            {
                element = Slab.AddressOf(slab, index + found);
                index += found + 1;
                return true;
            }
        }

        return false;
    }

    internal void ThrowIfChanged(long version)
    {
        ThrowIfDisposed();
        if (_tables->Operations != version)
        {
            throw new InvalidOperationException("The heap changed during the enumeration. Collect the elements first, then change the heap.");
        }
    }
}
