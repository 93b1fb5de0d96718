using Rm.Membufs;
using Protocol = Rm.Membufs.MembufCounting<Rm.Tests.Membufs.Histories.ScheduledMemory>;

namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// A <see cref="MembufHeap"/> with one home and few records whose every access is a step: what the heap does round its protocol, member by
/// member, without what takes no part in it (the address map, magazines, statistics, disposal).
/// </summary>
internal sealed unsafe partial class ScheduledHeap
{
    private readonly Places _places = new();
    private readonly HomeTables* _home;
    private readonly long* _lock;
    private readonly MembufRecord*[] _records;
    private readonly MembufShare*[] _shares;
    private readonly long*[] _spares;

    /// <summary>Makes a heap whose records are all free, and whose home is thread 0's.</summary>
    internal ScheduledHeap(int records)
    {
        const int bytesToMailbox = 136;
        _home = (HomeTables*)_places.Take("home", bytesToMailbox);
        _home->Identity = IdentityOf(0);
        _places.Label(&_home->Identity, "home.identity");
        _places.Label(&_home->Mailbox, "mailbox");
        _lock = (long*)_places.Take("lock", sizeof(long));
        _records = new MembufRecord*[records];
        _shares = new MembufShare*[records];
        _spares = new long*[records];
        for (int i = 0; i < records; i++)
        {
            MembufRecord* record = _records[i] = (MembufRecord*)_places.Take($"r{i}", MembufRecord.Bytes);
            record->Tag = (1UL << MembufRecord.GenerationShift) | MembufRecord.Free;
            record->Local = 1;
            MembufShare* share = _shares[i] = (MembufShare*)_places.Take($"r{i}.share", MembufShare.Bytes);
            share->Word = MembufShare.Bias;
            long* spare = _spares[i] = (long*)_places.Take($"r{i}.spare", sizeof(long));
            *spare = 1;
            _places.Label(&record->Tag, $"r{i}.tag");
            _places.Label(&record->Local, $"r{i}.local");
            _places.Label(&record->Touched, $"r{i}.touched");
            _places.Label(&record->Extent, $"r{i}.extent");
            _places.Label(&share->Word, $"r{i}.word");
            _places.Label(&share->Next, $"r{i}.next");
        }
    }

    internal Places Places => _places;

    /// <summary>Whether blocks have an onFree.</summary>
    internal bool HasPolicy { get; init; }

    /// <summary>Whether a block that only its owner ever had goes the long way home, as it does when the magazine is full.</summary>
    internal bool GoesLongWay { get; init; }

    internal static ulong IdentityOf(int thread) => (ulong)thread + 1;

    private long Alloc(int record, int block, ulong identity)
    {
        if (ScheduledMemory.Load(_spares[record]) == 0)
        {
            return CountingJudge.Skipped;
        }

        MembufRecord* taken = _records[record];
        ScheduledMemory.Store(_spares[record], 0);
        ScheduledMemory.Store(&taken->Extent, MembufRecord.ExtentOf((nuint)block, HasPolicy ? (ushort)1 : (ushort)0));
        ScheduledMemory.Store(&taken->Tag, (ScheduledMemory.Load(&taken->Tag) & ~MembufRecord.OwnerMask) | identity);
        return 1;
    }

    private long Ref(int number, int block, ulong identity)
    {
        return IsOwn(number, identity) && Protocol.TryRetainOwned(_records[number], out long count)
            ? count
            : RefSlowly(number, FindTaken(number), block, identity);
    }

    private long RefSlowly(int number, ulong tag, int block, ulong identity)
    {
        MembufRecord* record = _records[number];
        if ((tag & MembufRecord.OwnerMask) == identity && Protocol.TryRetainOwned(record, out long count))
        {
            return count;
        }

        CountOutcome outcome = Protocol.Retain(record, _shares[number], tag, identity, out count);
        if (outcome == CountOutcome.Stale)
        {
            _ = DerefSlowly(number, ScheduledMemory.Load(&record->Tag), block, identity);
        }

        return outcome == CountOutcome.Counted ? count : Refuse(outcome, block);
    }

    private long Deref(int number, int block, ulong identity)
    {
        return IsOwn(number, identity) && Protocol.TryReleaseOwned(_records[number], out long remaining)
            ? remaining
            : DerefSlowly(number, FindTaken(number), block, identity);
    }

    private long DerefSlowly(int number, ulong tag, int block, ulong identity)
    {
        MembufRecord* record = _records[number];
        if ((tag & MembufRecord.OwnerMask) == identity)
        {
            if (Protocol.TryReleaseOwned(record, out long left))
            {
                return left;
            }

            if (Protocol.IsLastOwned(record))
            {
                EndOwned(number, tag, identity);
                return 0;
            }
        }

        CountOutcome outcome = Protocol.Release(record, _shares[number], tag, identity, out long remaining);
        return Follow(number, outcome, identity) ? remaining : Refuse(outcome, block);
    }

    private long RefOfHandle(int number, ulong generation, int block, ulong identity)
    {
        MembufRecord* record = _records[number];
        MembufShare* share = _shares[number];
        ulong tag = ScheduledMemory.Load(&record->Tag);
        if (!IsSharedNow(record, tag, generation))
        {
            return RefSlowly(number, FindTaken(number), block, identity);
        }

        return Protocol.TryRetainShared(record, share, tag, out long word, out long count) ? count
            : Refuse(Protocol.AfterRetain(share, word, out _), block);
    }

    private long DerefOfHandle(int number, ulong generation, int block, ulong identity)
    {
        MembufRecord* record = _records[number];
        MembufShare* share = _shares[number];
        ulong tag = ScheduledMemory.Load(&record->Tag);
        if (!IsSharedNow(record, tag, generation) || Protocol.MayBeOnly(share, tag))
        {
            return DerefSlowly(number, FindTaken(number), block, identity);
        }

        if (Protocol.TryReleaseShared(record, share, out long word, out long remaining))
        {
            return remaining;
        }

        CountOutcome outcome = Protocol.AfterRelease(record, share, tag, word, out remaining);
        return Follow(number, outcome, identity) ? remaining : Refuse(outcome, block);
    }

    private static bool IsSharedNow(MembufRecord* record, ulong tag, ulong generation) =>
        (tag ^ generation) <= MembufRecord.OwnerMask && ScheduledMemory.Load(&record->Touched) == MembufRecord.ByOthers;

    private bool Follow(int number, CountOutcome outcome, ulong identity)
    {
        switch (outcome)
        {
            case CountOutcome.Last:
                EndShared(number, identity);
                return true;
            case CountOutcome.Queue:
                Send(number, identity);
                return true;
            default:
                return outcome == CountOutcome.Counted;
        }
    }

    // The tag that others find here never names them, whichever it is: a step less for them.
    private bool IsOwn(int number, ulong identity) =>
        identity == IdentityOf(0) && (ScheduledMemory.Load(&_records[number]->Tag) & MembufRecord.OwnerMask) == identity;

    private ulong FindTaken(int number)
    {
        ulong tag = ScheduledMemory.Load(&_records[number]->Tag);
        return MembufRecord.IsTaken(tag) ? tag : throw new InvalidOperationException("the block is not known");
    }

    private static long Refuse(CountOutcome outcome, int block)
    {
        Replay.Tell(CountingJudge.Refused, block, outcome.ToString());
        return 0;
    }
}
