using Rm.Arenas;
using Rm.Violations;
using Protocol = Rm.Membufs.MembufCounting<Rm.Membufs.NativeCountMemory>;

namespace Rm.Membufs;

// Giving memory back: of one block's end, and of all that no block needs.
public sealed unsafe partial class MembufHeap
{
    /// <summary>
    /// Gives up the end of a block, where it stands: a buffer that turned out too large is made to fit before it is passed on.
    /// </summary>
    /// <param name="block">A block of which the caller has the only reference.</param>
    /// <param name="newSize">Bytes to keep; the same as before does nothing.</param>
    /// <returns>
    /// Bytes of memory that went back to the arena or to the system: whole pages of a block above 32 KiB, on the thread whose memory it is,
    /// else 0. The size changes in any case.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="newSize"/> is above the present size: a block never grows.</exception>
    /// <exception cref="SharedBlockException">There are other references, whose holders rely on the size; nothing changed.</exception>
    /// <exception cref="UntrackedPointerException">No live membuf of this heap begins there.</exception>
    /// <exception cref="FinalizingBlockException">Its last reference has ended, and its end is under way.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>O(1), and a system call where pages go back. Never moves the block, and needs no memory.</remarks>
    public nuint Shrink(nint block, nuint newSize) => Shrink(FindOrThrow(block, nameof(Shrink), out _), newSize);

    /// <summary>
    /// Gives memory that no block needs back: that of this thread, of the threads that are gone, and of the arena if it is the heap's own. Does
    /// first what other threads left to them, as <see cref="Settle"/> does.
    /// </summary>
    /// <param name="budget">The most bytes to give back; the next call goes on where this one stopped.</param>
    /// <returns>The bytes given back to the system; less than the budget when there was no more.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative.</exception>
    /// <exception cref="AggregateException">Several onFree threw; one alone is thrown as it is. Memory was given back all the same.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>
    /// Thread rule: any thread. What other threads keep at hand they give back themselves, by this or by <see cref="Detach"/>. While the
    /// memory of threads that are gone is looked through, threads that begin or end their use of the heap wait.
    /// </remarks>
    public long Trim(long budget = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(budget);
        ThrowIfDisposed();
        long given = 0;
        int ends = 0;
        try
        {
            if (FindHome(ThreadIdentity.Current) is { } own)
            {
                given = Trim(own, budget, ref ends);
            }

            lock (_lock)
            {
                ThrowIfDisposed();
                foreach (MembufHome orphan in _orphans)
                {
                    given += Trim(orphan, Math.Max(0, budget - given), ref ends);
                }
            }

            return _ownsArena ? given + Arena.Trim(Math.Max(0, budget - given)) : given;
        }
        finally
        {
            RunEnds(ends);
        }
    }

    internal nuint Shrink(MembufRecord* record, nuint newSize)
    {
        nuint size = MembufRecord.LengthOf(record);
        if (newSize > size)
        {
            throw new ArgumentOutOfRangeException(nameof(newSize), (ulong)newSize, $"The membuf has {size} bytes, and never grows.");
        }

        MembufShare* share = RecordChunk.ShareOf(record);
        if (!Protocol.IsUnique(record, share))
        {
            nint block = record->Address;
            long count = Protocol.CountOfBlock(record, share);
            throw count == 0
                ? new FinalizingBlockException($"Shrink of 0x{block:x}: the last reference of this membuf has ended.", block)
                : new SharedBlockException($"Shrink of 0x{block:x}: it has {count} references. Shrink it while there is one.", block);
        }

        record->Extent = MembufRecord.ExtentOf(newSize, MembufRecord.PolicyOf(record));
        nuint given = record->Class is > 0 and <= SizeClasses.CountInGranule ? 0 : GiveTailBack(record, newSize);
        GC.KeepAlive(this);
        return given;
    }

    // Its home's memory may be touched by its home's thread alone.
    private nuint GiveTailBack(MembufRecord* record, nuint newSize)
    {
        HomeTables* tables = *HeapHead.HomeAt(_head, record->Home);
        MembufHome home = _homes[record->Home]!;
        if (tables->Identity != ThreadIdentity.Current || tables->Busy != 0)
        {
            return 0;
        }

        Begin(home);
        try
        {
            nuint given = home.Pool.ShrinkInPlace(record->Address, newSize);

            // It is no more like the others of its class, which are kept at hand.
            record->Class = given == 0 ? record->Class : (byte)0;
            return given;
        }
        finally
        {
            End(home);
        }
    }

    // Of a home that is this thread's, or nobody's and under the lock.
    private long Trim(MembufHome home, long budget, ref int ends)
    {
        Begin(home);
        try
        {
            Join(ReadMail(home), ref ends);
            FlushAll(home);
            return home.Pool.Trim(budget);
        }
        finally
        {
            End(home);
        }
    }
}
