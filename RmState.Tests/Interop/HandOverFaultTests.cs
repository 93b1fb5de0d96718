using Rm.Interop;
using Rm.Tests.Faults;
using Rm.Violations;

namespace Rm.Tests.Interop;

/// <summary>A block that finds no memory waits in the inbox, with all that concerns it; nothing is lost or done twice.</summary>
public sealed class HandOverFaultTests : HandOverStates
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryRequestForMemoryFailsInTurn(bool persistent)
    {
        long failed = 0;
        for (long n = 1; ; n++)
        {
            var plan = new FaultPlan { FailAt = n, Persistent = persistent };
            failed += Run(plan);
            if (plan.Refused == 0)
            {
                break;
            }
        }

        Assert.True(failed >= 3, $"only {failed} calls failed");
    }

    [Fact]
    public void WhatHasNothingToDoWithTheBlockIsDoneAllTheSame()
    {
        var plan = new FaultPlan();
        RmState from = NewState();
        RmState to = NewState(new RmStateOptions { InitialCapacity = 1, TableMemory = NewTableMemory(plan) });
        var inbox = new RmInbox(to);
        nint known = Blocks.Malloc();
        to.RmAttach(known);
        to.RmDetach(known);
        nint block = Blocks.Malloc();
        from.RmAttach(block, Blocks.Free);
        from.RmTransferTo(block, inbox);
        inbox.RmGiveBack(block);
        inbox.RmGiveBack(0x1230);
        plan.FailFromNow();

        AggregateException both = Assert.Throws<AggregateException>(() => to.RmReceive());
        Assert.IsType<UntrackedPointerException>(both.InnerExceptions[0]);
        Assert.IsType<OutOfMemoryException>(both.InnerExceptions[1]);
        Assert.Throws<OutOfMemoryException>(() => to.RmReceive());
        Assert.Equal(0, to.Statistics.LiveBlocks);

        plan.Stop();
        Assert.Equal(2, to.RmReceive());
        Assert.Equal([block], Blocks.Freed);
        Blocks.Free(known);
        Verify(to);
    }

    [Fact]
    public void ABlockThatWaitsForMemoryIsFreedWhenTheStateIsDisposed()
    {
        var plan = new FaultPlan();
        RmState from = NewState();
        RmState to = NewState(new RmStateOptions { TableMemory = NewTableMemory(plan) });
        nint block = Blocks.Malloc();
        from.RmAttach(block, Blocks.Free);
        from.RmTransferTo(block, new RmInbox(to));
        plan.FailFromNow();
        Assert.Throws<OutOfMemoryException>(() => to.RmReceive());

        to.Dispose();

        Assert.Equal([block], Blocks.Freed);
    }

    // Blocks of every way in: plain, sized, with a record, with a count that needs one, beyond 48 bits, of another's heap.
    private long Run(FaultPlan plan)
    {
        RmState from = NewState();
        RmState heaped = NewState(Kind.Heap);
        using var to = new RmState(new RmStateOptions { InitialCapacity = 1, Seed = 7, TableMemory = NewTableMemory(plan) });
        var inbox = new RmInbox(to);
        List<(nint Block, int Count)> expected = [];
        for (int i = 0; i < 12; i++)
        {
            int count = i % 3 == 0 ? 100 : 1 + i;
            (RmState giver, nint block) = (i % 4) switch
            {
                0 => (from, from.RmMalloc(100)),
                1 => (from, from.RmAlignedAlloc(64, 5000)),
                2 => (heaped, heaped.RmMalloc(100)),
                _ => (from, unchecked((nint)(0x7FFF_0000_0000_0010 + (i * 64)))),
            };
            if (block >> 48 != 0)
            {
                from.RmAttach(block, Fakes.Leave);
            }

            for (int more = 1; more < count; more++)
            {
                giver.RmRetain(block);
            }

            giver.RmTransferTo(block, inbox);
            inbox.RmGiveBack(block);
            expected.Add((block, count - 1));
        }

        long failed = 0;
        while (true)
        {
            try
            {
                to.RmReceive();
                break;
            }
            catch (OutOfMemoryException)
            {
                failed++;
                to.Verify();
                plan.Stop();
            }
        }

        to.Verify();
        Assert.Equal(24, to.Statistics.Attaches + expected.Count);
        Assert.Equal(expected.Where(e => e.Count > 0).Order(), to.RmBlocks.Select(b => (b.Address, (int)b.Count)).Order());
        to.Dispose();
        heaped.RmReceive();
        return failed;
    }
}
