using System.Diagnostics.CodeAnalysis;
using Rm.Violations;

namespace Rm.Diagnostics;

// Which blocks are guarded, and how their pages open and close.
public sealed unsafe partial class GuardedAllocator
{
    private readonly int _sampleOneIn;
    private readonly Random _random;

    // Counts down to the next guarded block without a lock: who brings it to exactly 0 guards his block and adds the next gap. All that
    // was ever added less what is left is the number of allocations.
    private long _untilGuarded;
    private long _drawn;
    private long _chosen;
    private long _guarded;
    private long _overflowed;
    private nuint _bytesReserved;

    // Between these every guarded block lies that there ever was; outside, which is where malloc's small blocks are, a free needs no lock.
    private nint _lowest = nint.MaxValue;
    private nint _highest;

    /// <summary>Guards a new block if it is its turn and there is room.</summary>
    /// <returns>0 when the inner allocator is to serve.</returns>
    private nint Guard(nuint size, nuint alignment)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_sampleOneIn != 1 && Interlocked.Decrement(ref _untilGuarded) != 0)
        {
            return 0;
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_sampleOneIn != 1)
            {
                _chosen++;
                DrawNext();
            }

            nint block = TryGuard(size, alignment);
            _guarded += block != 0 ? 1 : 0;
            _overflowed += block != 0 ? 0 : 1;
            return block;
        }
    }

    // Others may have counted below 0 since, and one gap need not lift it above.
    private void DrawNext()
    {
        long left;
        do
        {
            long gap = DrawGap();
            _drawn += gap;
            left = Interlocked.Add(ref _untilGuarded, gap);
        }
        while (left <= 0);
    }

    // Uniform with the wanted mean: no stride in the program's allocations keeps in step with it.
    [SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "Nothing is to be kept secret.")]
    private long DrawGap() => _random.NextInt64(1, 2L * _sampleOneIn);

    private nint TryGuard(nuint size, nuint alignment)
    {
        if (!GuardedPlace.CanHold(size, alignment) || (_blocks.IsFull && !RecycleOldest()))
        {
            return 0;
        }

        var place = GuardedPlace.For(size, alignment, _page, _guardBefore);
        GuardedBlock block = _blocks.PeekUnused();
        nint start = Open(place);
        if (start == 0 && RecycleOldest())
        {
            // The system's limit may lie below this allocator's.
            block = _blocks.PeekUnused();
            start = Open(place);
        }

        if (start == 0)
        {
            return 0;
        }

        block.Begin(start, place, size);
        _blocks.Add(block);
        _bytesReserved += place.Reserved;
        Volatile.Write(ref _lowest, nint.Min(_lowest, start));
        Volatile.Write(ref _highest, nint.Max(_highest, start + (nint)place.Reserved));
        _map?.Add(block);
        return block.Address;
    }

    private nint Open(GuardedPlace place)
    {
        nint start = _memory.Reserve(place.Reserved, place.Front);
        if (start != 0 && place.Data != 0 && !_memory.Commit(start + (nint)place.Front, place.Data))
        {
            _ = _memory.Release(start, place.Reserved);
            start = 0;
        }

        return start;
    }

    private void ThrowIfUnusable(nint block, string member)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (block == 0)
        {
            throw new ArgumentNullException(nameof(block), $"{member} of null: there is no block.");
        }
    }

    // Whoever frees a block was handed it after these were set.
    private bool MayBeGuarded(nint block) => block >= Volatile.Read(ref _lowest) && block < Volatile.Read(ref _highest);

    /// <summary>Finds the guarded block that is to be freed.</summary>
    /// <returns>Null when there is no guarded block.</returns>
    private GuardedBlock? FindLive(nint block, string member)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        GuardedBlock? guarded = _blocks.Find(block);
        if (guarded is null)
        {
            return null;
        }

        if (guarded.Address != block)
        {
            throw new MisalignedPointerException(
                $"{member} of 0x{block:x}: it lies among the pages of the block at 0x{guarded.Address:x} ({Overrun.Bytes((long)guarded.Size)}{guarded.History}). Pass the address that was allocated.",
                block);
        }

        return !guarded.IsFreed ? guarded : throw new DoubleFreeException(
            $"{member} of 0x{block:x}: this block ({Overrun.Bytes((long)guarded.Size)}{guarded.History}) is freed already. Two owners free it; find the first.", block);
    }

    private void ThrowIfForeign(nint block, string member)
    {
        bool allGuarded = _sampleOneIn == 1 && Volatile.Read(ref _overflowed) == 0;
        if (allGuarded || _inner.OwnerOf(block) == Memory.AddressOwner.Foreign)
        {
            throw new ForeignBlockException(
                $"{member} of 0x{block:x}: it is not a block of this allocator, or was freed so long ago that it left the quarantine. Free it where it was allocated, once.",
                block);
        }
    }

    // Marked first: who touches the block in between, and dies of it, used it after its free.
    private void Close(GuardedBlock block)
    {
        block.IsFreed = true;
        _map?.Free(block);
        if (block.Place.Data != 0 && !_memory.Close(block.Data, block.Place.Data))
        {
            // An address without pages faults too, until something else is put there.
            Remove(block);
            return;
        }

        _blocks.Quarantine(block);
    }

    private bool RecycleOldest()
    {
        if (_blocks.Oldest is not { } oldest)
        {
            return false;
        }

        _blocks.LeaveQuarantine();
        Remove(oldest);
        return true;
    }

    private void Remove(GuardedBlock block)
    {
        _map?.Remove(block);
        _blocks.Remove(block);
        _bytesReserved -= block.Place.Reserved;

        // Where the system refuses, the addresses are lost; nobody else gets them.
        _ = _memory.Release(block.Start, block.Place.Reserved);
    }

    private void NoteSite(nint block, bool freed, string file, int line)
    {
        if (!MayBeGuarded(block))
        {
            return;
        }

        lock (_lock)
        {
            if (_disposed || _blocks.Find(block) is not { } guarded || guarded.Address != block)
            {
                return;
            }

            if (!freed)
            {
                (guarded.AllocationFile, guarded.AllocationLine) = (file, line);
            }
            else if (guarded is { IsFreed: true, FreeFile: not null })
            {
                // The first of two frees is the one to show.
                return;
            }
            else
            {
                (guarded.FreeFile, guarded.FreeLine) = (file, line);
            }

            _map?.NoteSite(guarded, freed, file, line);
        }
    }
}
