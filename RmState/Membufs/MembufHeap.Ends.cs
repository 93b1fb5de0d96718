using System.Runtime.CompilerServices;
using Protocol = Rm.Membufs.MembufCounting<Rm.Membufs.NativeCountMemory>;
using RecordMailbox = Rm.Membufs.CountMailbox<Rm.Membufs.NativeCountMemory>;

namespace Rm.Membufs;

// What follows the last reference: onFree, and the way of the memory back to its home.
public sealed unsafe partial class MembufHeap
{
    /// <summary>Ends a block that no other thread than this one, its owner, ever touched, if its place can be at hand at once.</summary>
    /// <returns>False, and nothing changed, when it cannot, or there is something to do at its end.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryEndOwned(MembufRecord* record, ulong tag)
    {
        HomeTables* home = *HeapHead.HomeAt(_head, record->Home);
        Magazine* magazine = HomeTables.MagazineAt(home, record->Class);
        MembufRecord** top = magazine->Top;
        ulong next = MembufRecord.NextFree(tag);
        if (record->Extent > MembufRecord.LengthMask || home->Open != (tag & MembufRecord.OwnerMask) || top >= magazine->Limit || next <= MembufRecord.Free)
        {
            return false;
        }

        record->Tag = next;
        *top = record;
        magazine->Top = top + 1;
        home->Recycled++;
        GC.KeepAlive(this);
        return true;
    }

    private void EndOwned(MembufRecord* record, ulong tag)
    {
        if (!TryEndOwned(record, tag))
        {
            Protocol.EndOwned(record, RecordChunk.ShareOf(record));
            EndShared(record);
        }
    }

    /// <summary>Ends a block that was counted in its share, and that this thread declared dead.</summary>
    private void EndShared(MembufRecord* record)
    {
        if (MembufRecord.PolicyOf(record) != 0)
        {
            RunEnd(record);
        }
        else
        {
            ReturnHome(record);
        }
    }

    /// <summary>Runs a dead block's onFree, or leaves it to the release under way further up on this thread's stack.</summary>
    private void RunEnd(MembufRecord* record)
    {
        EndFrame* outer = EndFrame.Of(_head);
        if (outer != null)
        {
            Chain(record, ref outer->Waiting);
            return;
        }

        int waiting = 0;
        Chain(record, ref waiting);
        RunEnds(waiting);
    }

    // A dead block's count is not needed any more.
    private static void Chain(MembufRecord* record, ref int first)
    {
        record->Local = first;
        first = RecordChunk.IndexOf(record);
    }

    /// <summary>Puts one chain of dead blocks before another.</summary>
    private void Join(int first, ref int ends)
    {
        if (first == 0)
        {
            return;
        }

        MembufRecord* last = _store.At(first);
        while (last->Local != 0)
        {
            last = _store.At(last->Local);
        }

        last->Local = ends;
        ends = first;
    }

    private void RunEnds(int first)
    {
        if (first == 0)
        {
            return;
        }

        List<Exception>? failures = null;
        var frame = new EndFrame { Heap = _head, Outer = EndFrame.Innermost, Waiting = first };
        EndFrame.Innermost = &frame;
        try
        {
            while (frame.Waiting != 0)
            {
                MembufRecord* record = _store.At(frame.Waiting);
                frame.Waiting = record->Local;
                MembufPolicy policy = _policies[MembufRecord.PolicyOf(record)]!;
                try
                {
#if RM_MUTATIONS
                    if (MembufMutation.Is(MembufMutation.EndTwice))
                    {
                        policy.Run(record->Address, MembufRecord.LengthOf(record));
                    }

                    if (MembufMutation.Is(MembufMutation.RecycledBeforeEnd))
                    {
                        ReturnHome(record);
                    }
#endif
                    policy.Run(record->Address, MembufRecord.LengthOf(record));
                }
#pragma warning disable CA1031 // What an onFree throws must not keep the others from ending; it is thrown when all have.
                catch (Exception failure)
#pragma warning restore CA1031
                {
                    (failures ??= []).Add(failure);
                }

#if RM_MUTATIONS
                if (MembufMutation.Is(MembufMutation.RecycledBeforeEnd))
                {
                    continue;
                }
#endif
                ReturnHome(record);
            }
        }
        finally
        {
            EndFrame.Innermost = frame.Outer;
        }

        GC.KeepAlive(this);
        if (failures is not null)
        {
            ThrowTogether(failures);
        }
    }

    internal static void ThrowTogether(List<Exception> failures)
    {
        if (failures.Count == 1)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures[0]);
        }

        throw new AggregateException("Several membufs threw at their end; all of them have ended.", failures);
    }

    /// <summary>Gives the place of a dead block whose onFree has run to its home.</summary>
    private void ReturnHome(MembufRecord* record)
    {
        if (!Protocol.Finish(RecordChunk.ShareOf(record)))
        {
            // It is in the mailbox already, where its home finds it finished.
            return;
        }

        HomeTables* tables = *HeapHead.HomeAt(_head, record->Home);
        if (tables->Identity == ThreadIdentity.Current && tables->Busy == 0 && _homes[record->Home] is { } home && !IsDisposed)
        {
            Begin(home);
            try
            {
                if (TryRecycle(home, record))
                {
                    return;
                }
            }
            finally
            {
                End(home);
            }
        }

        Send(record);
    }

    /// <summary>Puts a record into its home's mailbox.</summary>
    private void Send(MembufRecord* record)
    {
        HomeTables* home = *HeapHead.HomeAt(_head, record->Home);
        ushort number = record->Home;
        RecordMailbox.Put(&home->Mailbox, record, RecordChunk.ShareOf(record));

#if RM_MUTATIONS
        if (MembufMutation.Is(MembufMutation.OrphanMailUnread))
        {
            return;
        }
#endif

        // The swap above is a fence, and so is one on the other side: a home that loses its owner now has its mail read by him or by us.
        if (Volatile.Read(ref home->Identity) == HomeTables.Nobody)
        {
            SettleOrphan(number);
        }
    }

    /// <summary>Makes a record of a dead block free again, on behalf of its home.</summary>
    /// <returns>False while somebody who came too late has to take back what he counted.</returns>
    private bool TryRecycle(MembufHome home, MembufRecord* record)
    {
        if (!Protocol.TryRecycle(record, RecordChunk.ShareOf(record)))
        {
            return false;
        }

        record->Touched = home.Tables->FirstTouched;
        home.Tables->Recycled++;
        if (record->Tag >> MembufRecord.GenerationShift == 0)
        {
            // Its generations are used up: the place is never used again.
            return true;
        }

        if (record->Class == 0)
        {
            FreePlace(home, record);
        }
        else
        {
            PutAtHand(home, record);
        }

        return true;
    }

    private void PutAtHand(MembufHome home, MembufRecord* record)
    {
        HomeTables* tables = home.Tables;
        Magazine* magazine = HomeTables.MagazineAt(tables, record->Class);
        if (magazine->Top == magazine->End || (magazine->Top >= magazine->Limit && tables->Above + magazine->Stride > HomeTables.MostAbove))
        {
            Flush(home, magazine, magazine->Batch);
        }

        tables->Above += magazine->Top >= magazine->Limit ? magazine->Stride : 0;
        *magazine->Top++ = record;
    }

    // Those that lie longest go back to the pool.
    private void Flush(MembufHome home, Magazine* magazine, int count)
    {
        for (int i = 0; i < count; i++)
        {
            FreePlace(home, magazine->Bottom[i]);
        }

        int rest = magazine->Count - count;
        new Span<nint>(magazine->Bottom + count, rest).CopyTo(new Span<nint>(magazine->Bottom, rest));
        int above = Math.Max(0, magazine->Count - (int)(magazine->Limit - magazine->Bottom));
        home.Tables->Above -= (nuint)Math.Min(above, count) * magazine->Stride;
        magazine->Top = magazine->Bottom + rest;
    }

    private void FlushAll(MembufHome home)
    {
        for (int number = 1; number < HomeTables.Magazines; number++)
        {
            Magazine* magazine = HomeTables.MagazineAt(home.Tables, number);
            Flush(home, magazine, magazine->Count);
        }
    }

    private void FreePlace(MembufHome home, MembufRecord* record)
    {
        nint block = record->Address;
        if (Arena.IsPassThrough)
        {
            lock (_lock)
            {
                _passed.Remove(block);
                _store.Give(record, 1);
            }
        }

        home.Pool.Free(block);
    }
}
