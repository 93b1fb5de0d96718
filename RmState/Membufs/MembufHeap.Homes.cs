using Rm.Arenas;
using Protocol = Rm.Membufs.MembufCounting<Rm.Membufs.NativeCountMemory>;
using RecordMailbox = Rm.Membufs.CountMailbox<Rm.Membufs.NativeCountMemory>;

namespace Rm.Membufs;

// Which thread has which memory, how it is handed on, and the mail.
public sealed unsafe partial class MembufHeap
{
    private readonly Dictionary<ulong, MembufHome> _homesByIdentity = [];
    private readonly Stack<MembufHome> _orphans = [];
    private readonly ThreadLocal<MembufHolder?> _holder = new();
    private volatile MembufHome?[] _homes = new MembufHome?[8];
    private int _homeCount;

    /// <summary>
    /// Hands this thread's memory on: the blocks it allocated live on, counted by whoever has them, and the next thread that allocates for the
    /// first time takes the memory over. Call it before a thread that used the heap ends; else its memory waits for the garbage collector.
    /// </summary>
    /// <returns>False when the thread had none.</returns>
    /// <exception cref="AggregateException">Blocks whose end was left to this thread ended, and several onFree threw; one alone is thrown as it is.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>O(blocks of this thread). The thread may go on using the heap, as any other thread then.</remarks>
    public bool Detach()
    {
        ThrowIfDisposed();
        MembufHolder? holder = _holder.Value;
        if (holder is null)
        {
            return false;
        }

        _holder.Value = null;
        holder.Dispose();
        RunEnds(Leave(ThreadIdentity.Current));
        return true;
    }

    /// <summary>
    /// Does what other threads left to this one: takes back the memory of blocks that they released, and looks after blocks whose last
    /// references went on several threads at once. Allocating does so now and then.
    /// </summary>
    /// <returns>False when the thread has no memory in this heap.</returns>
    /// <exception cref="AggregateException">Several onFree threw; one alone is thrown as it is.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public bool Settle()
    {
        ThrowIfDisposed();
        if (FindHome(ThreadIdentity.Current) is not { } home)
        {
            return false;
        }

        SettleMail(home);
        return true;
    }

    /// <summary>Hands on the memory of a thread that is gone. On the finalizer's thread: never throws.</summary>
    internal void HandOn(ulong identity)
    {
        try
        {
            if (!IsDisposed)
            {
                RunEnds(Leave(identity));
            }
        }
#pragma warning disable CA1031 // An exception here would end the process; the onFree that threw has run.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private MembufHome? FindHome(ulong identity)
    {
        HomeTables* near = *HeapHead.NearbyAt(_head, identity);
        if (near->Open == identity)
        {
            return _homes[near->Number];
        }

        lock (_lock)
        {
            if (!_homesByIdentity.TryGetValue(identity, out MembufHome? home))
            {
                return null;
            }

            *HeapHead.NearbyAt(_head, identity) = home.Tables;
            return home;
        }
    }

    /// <summary>This thread's home.</summary>
    /// <returns>Null when it had none, and there is no memory for one.</returns>
    private MembufHome? FindOrMakeHome()
    {
        ulong identity = ThreadIdentity.Ensure();
        MembufHome? home = FindHome(identity);
        if (home is not null)
        {
            ThrowIfDisposed();
            return home;
        }

        var holder = new MembufHolder(_self, identity);
        lock (_lock)
        {
            if (IsDisposed || (home = _orphans.TryPop(out MembufHome? orphan) ? orphan : MakeHome()) is null)
            {
                holder.Dispose();
                ThrowIfDisposed();
                return null;
            }

            _homesByIdentity.Add(identity, home);
            Volatile.Write(ref home.Tables->Identity, identity);
            home.Tables->Open = identity;
            *HeapHead.NearbyAt(_head, identity) = home.Tables;
        }

        _holder.Value = holder;
        return home;
    }

    private MembufHome? MakeHome()
    {
        int entriesOffset = (HomeTables.Bytes + 63) & ~63;
        if (_homeCount > ushort.MaxValue)
        {
            return null;
        }

        var tables = (HomeTables*)_store.TakeArea((nuint)(entriesOffset + (HomeTables.EntriesOfAll * sizeof(nint))));
        if (tables == null)
        {
            return null;
        }

        SizeClassHeap pool;
        try
        {
            pool = Arena.CreateHeap(Name);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }

        HomeTables.Define(tables, (nint)tables + entriesOffset);
        tables->Open = tables->Identity = HomeTables.Nobody;
        tables->Number = (ushort)_homeCount;
        tables->FirstTouched = _counts ? MembufRecord.Observed : (byte)0;
        var home = new MembufHome(tables, pool);
        MembufHome?[] homes = _homes;
        if (_homeCount == homes.Length)
        {
            Array.Resize(ref homes, 2 * homes.Length);
        }

        *HeapHead.HomeAt(_head, tables->Number) = tables;
        homes[_homeCount++] = home;
        _homes = homes;
        return home;
    }

    /// <summary>Ends a thread's part in the heap.</summary>
    /// <returns>The blocks whose end is to be run, chained.</returns>
    private int Leave(ulong identity)
    {
        lock (_lock)
        {
            if (!_homesByIdentity.TryGetValue(identity, out MembufHome? home))
            {
                return 0;
            }

            Begin(home);
            try
            {
                foreach (nint place in home.Records)
                {
                    var record = (MembufRecord*)place;
                    if ((Volatile.Read(ref record->Tag) & MembufRecord.OwnerMask) == identity)
                    {
                        Protocol.Merge(record, RecordChunk.ShareOf(record));
                    }
                }

                _homesByIdentity.Remove(identity);
                *HeapHead.NearbyAt(_head, identity) = (HomeTables*)&_head->NoHome;
                GiveUp(home.Tables);
                int ends = ReadMail(home);
                FlushAll(home);
                _orphans.Push(home);
                return ends;
            }
            finally
            {
                End(home);
            }
        }
    }

    // Others put mail in, then read whether the home has an owner; here it is the other way round, with a fence between as there.
    private static void GiveUp(HomeTables* home)
    {
        NativeCountMemory.Store(&home->Identity, HomeTables.Nobody);
        NativeCountMemory.Fence();
    }

    private void SettleOrphan(ushort number)
    {
        int ends = 0;
        lock (_lock)
        {
            MembufHome home = _homes[number]!;
            if (!IsDisposed && home.Tables->Identity == HomeTables.Nobody)
            {
                Begin(home);
                try
                {
                    ends = ReadMail(home);
                }
                finally
                {
                    End(home);
                }
            }
        }

        RunEnds(ends);
    }

    private void SettleMail(MembufHome home, int most = int.MaxValue)
    {
        if (Volatile.Read(ref home.Tables->Mailbox) == 0 && home.Tables->Unread == 0)
        {
            return;
        }

        int ends;
        Begin(home);
        try
        {
            ends = ReadMail(home, most);
        }
        finally
        {
            End(home);
        }

        RunEnds(ends);
    }

    /// <summary>Reads a home's mail, as its thread or under the lock when it has none.</summary>
    /// <param name="home">The home.</param>
    /// <param name="most">
    /// How many records at most. What is left waits as it is, which costs nothing; read at once it might be more than can be at hand.
    /// </param>
    /// <returns>The blocks whose end is to be run, chained.</returns>
    private int ReadMail(MembufHome home, int most = int.MaxValue)
    {
        HomeTables* tables = home.Tables;
        int ends = 0;
        MembufRecord* late = null;
        MembufRecord* next;
        var record = (MembufRecord*)tables->Unread;
        for (; most > 0; record = next, most--)
        {
            record = record != null ? record : RecordMailbox.TakeAll(&tables->Mailbox);
            if (record == null)
            {
                break;
            }

            MembufShare* share = RecordChunk.ShareOf(record);
            next = (MembufRecord*)share->Next;
            CountOutcome outcome = Protocol.Settle(record, share);
            if (outcome == CountOutcome.Last && MembufRecord.PolicyOf(record) != 0)
            {
                Chain(record, ref ends);
            }
            else if (outcome is CountOutcome.Last or CountOutcome.Recycle && !TryRecycle(home, record))
            {
                share->Next = (long)late;
                late = record;
            }
        }

        tables->Unread = (long)record;
        for (; late != null; late = next)
        {
            next = (MembufRecord*)RecordChunk.ShareOf(late)->Next;
            RecordMailbox.Put(&tables->Mailbox, late, RecordChunk.ShareOf(late));
        }

        return ends;
    }
}
