using Rm.Membufs;
using Mail = Rm.Membufs.CountMailbox<Rm.Tests.Membufs.Histories.ScheduledMemory>;
using Protocol = Rm.Membufs.MembufCounting<Rm.Tests.Membufs.Histories.ScheduledMemory>;

namespace Rm.Tests.Membufs.Histories;

// What follows the last reference, and the mail.
internal sealed unsafe partial class ScheduledHeap
{
    private bool Detach(ulong identity)
    {
        ScheduledMemory.Enter(_lock);
        for (int number = 0; number < _records.Length; number++)
        {
            if ((ScheduledMemory.Load(&_records[number]->Tag) & MembufRecord.OwnerMask) == identity)
            {
                Protocol.Merge(_records[number], _shares[number]);
            }
        }

        ScheduledMemory.Store(&_home->Identity, HomeTables.Nobody);
        ScheduledMemory.Fence();
        int ends = ReadMail();
        Exit();
        RunEnds(ends, identity);
        return true;
    }

    /// <summary>Takes the home over if it has no owner.</summary>
    private bool Adopt(ulong identity)
    {
        ScheduledMemory.Enter(_lock);
        bool takes = ScheduledMemory.Load(&_home->Identity) == HomeTables.Nobody;
        if (takes)
        {
            ScheduledMemory.Store(&_home->Identity, identity);
        }

        Exit();
        return takes;
    }

    private void SettleOwn(ulong identity)
    {
        if (ScheduledMemory.Load(&_home->Identity) == identity && ScheduledMemory.Load(&_home->Mailbox) != 0)
        {
            RunEnds(ReadMail(), identity);
        }
    }

    private void SettleOrphan(ulong identity)
    {
        ScheduledMemory.Enter(_lock);
        int ends = ScheduledMemory.Load(&_home->Identity) == HomeTables.Nobody ? ReadMail() : 0;
        Exit();
        RunEnds(ends, identity);
    }

    private void Exit() => ScheduledMemory.Store(_lock, 0);

    private void EndOwned(int number, ulong tag, ulong identity)
    {
        MembufRecord* record = _records[number];
        if (HasPolicyOf(number) || GoesLongWay)
        {
            Protocol.EndOwned(record, _shares[number]);
            EndShared(number, identity);
        }
        else
        {
            ScheduledMemory.Store(&record->Tag, MembufRecord.NextFree(tag));
            Free(number);
        }
    }

    private void EndShared(int number, ulong identity)
    {
        if (HasPolicyOf(number))
        {
            RunEnd(number, identity);
        }
        else
        {
            ReturnHome(number, identity);
        }
    }

    private void RunEnd(int number, ulong identity)
    {
        int waiting = 0;
        Chain(number, ref waiting);
        RunEnds(waiting, identity);
    }

    private void Chain(int number, ref int first)
    {
        ScheduledMemory.Store(&_records[number]->Local, first);
        first = number + 1;
    }

    private void RunEnds(int waiting, ulong identity)
    {
        while (waiting != 0)
        {
            int number = waiting - 1;
            waiting = ScheduledMemory.Load(&_records[number]->Local);
            int block = BlockOf(number);
            Replay.Tell(CountingJudge.Ended, block, $"onFree of b{block}");
            ReturnHome(number, identity);
        }
    }

    private void ReturnHome(int number, ulong identity)
    {
        if (!Protocol.Finish(_shares[number]))
        {
            return;
        }

        if (ScheduledMemory.Load(&_home->Identity) != identity || !TryRecycle(number))
        {
            Send(number, identity);
        }
    }

    private void Send(int number, ulong identity)
    {
        Mail.Put(&_home->Mailbox, _records[number], _shares[number]);
        if (ScheduledMemory.Load(&_home->Identity) == HomeTables.Nobody)
        {
            SettleOrphan(identity);
        }
    }

    private int ReadMail()
    {
        int ends = 0;
        int late = -1;
        int next;
        for (int number = NumberOf(Mail.TakeAll(&_home->Mailbox)); number >= 0; number = next)
        {
            MembufShare* share = _shares[number];
            next = NumberOf((MembufRecord*)ScheduledMemory.Load(&share->Next));
            CountOutcome outcome = Protocol.Settle(_records[number], share);
            if (outcome == CountOutcome.Last && HasPolicyOf(number))
            {
                Chain(number, ref ends);
            }
            else if (outcome is CountOutcome.Last or CountOutcome.Recycle && !TryRecycle(number))
            {
                ScheduledMemory.Store(&share->Next, late < 0 ? 0 : (long)_records[late]);
                late = number;
            }
        }

        for (; late >= 0; late = next)
        {
            next = NumberOf((MembufRecord*)ScheduledMemory.Load(&_shares[late]->Next));
            Mail.Put(&_home->Mailbox, _records[late], _shares[late]);
        }

        return ends;
    }

    private bool TryRecycle(int number)
    {
        bool recycles = Protocol.TryRecycle(_records[number], _shares[number]);
        if (recycles)
        {
            ScheduledMemory.Store(&_records[number]->Touched, 0);
            Free(number);
        }

        return recycles;
    }

    private void Free(int number)
    {
        int block = BlockOf(number);
        ScheduledMemory.Store(_spares[number], 1);
        Replay.Tell(CountingJudge.Freed, block, $"b{block} is free");
    }

    private bool HasPolicyOf(int number) => ScheduledMemory.Load(&_records[number]->Extent) >> MembufRecord.LengthBits != 0;

    private int BlockOf(int number) => (int)(ScheduledMemory.Load(&_records[number]->Extent) & MembufRecord.LengthMask);

    private int NumberOf(MembufRecord* record)
    {
        for (int number = 0; number < _records.Length; number++)
        {
            if (_records[number] == record)
            {
                return number;
            }
        }

        return -1;
    }
}
