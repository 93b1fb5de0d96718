using System.Runtime.InteropServices;
using Rm.Counting;
using Rm.Interop;

namespace Rm.Tests.Interop;

/// <summary>Every request for table memory fails in turn while holders are made: none is then, nothing changed, and a second try works.</summary>
public sealed class HolderFaultTests
{
    [Fact]
    public void AHolderThatFindsNoMemoryHoldsNothing()
    {
        int failed = 0;
        FailingTableMemory table;
        long failAt = 0;
        do
        {
            table = new FailingTableMemory { FailAt = ++failAt };
            failed += Run(table);
            Assert.Equal(0, table.Outstanding);
        }
        while (table.Requests >= failAt);

        Assert.True(failed > 0, "no request of a holder failed");
    }

    private static int Run(FailingTableMemory table)
    {
        using var state = new RmState(new RmStateOptions { InitialCapacity = 1, Seed = 7, TableMemory = table });
        int failed = 0;
        for (int i = 0; i < 10; i++)
        {
            failed += Attempt(state, block => state.RmReference(block).IsAlive ? null : throw new InvalidOperationException("dead"), 1);
            failed += Attempt(state, block => RmBlockHandle.Retain(state, block), 2);
            failed += Attempt(state, block => RmBlockHandle.Own(state, block), 1);
            failed += Attempt(state, block => state.RmMemory(block, 1), 2);
        }

        // Not those that only a handle holds: it is gone by now and they with it.
        Assert.Equal(30, state.Statistics.LiveBlocks);
        return failed;
    }

    private static int Attempt(RmState state, Func<nint, IDisposable?> hold, long held)
    {
        nint block = Attached(state);
        int failed = 0;
        IDisposable? holder = null;
        try
        {
            holder = hold(block);
        }
        catch (OutOfMemoryException)
        {
            failed = 1;
            Assert.Equal(1, state.RmCount(block));
            state.Verify();
            holder = hold(block);
        }

        Assert.Equal(held, state.RmCount(block));
        holder?.Dispose();
        state.Verify();
        return failed;
    }

    // Without a size or deallocator, a block has nothing beside its slot: all the memory a holder needs is asked for by it.
    private static unsafe nint Attached(RmState state)
    {
        nint block = (nint)NativeMemory.Alloc(16);
        while (!state.RmTryAttach(block))
        {
            // The failing request was this one's; the next succeeds.
        }

        return block;
    }

    private sealed class FailingTableMemory : ITableMemory
    {
        private readonly TableMemory _memory = new();

        public long FailAt { get; init; }

        public long Requests { get; private set; }

        public int Outstanding { get; private set; }

        public nint Take(nuint bytes)
        {
            if (++Requests == FailAt)
            {
                return 0;
            }

            Outstanding++;
            return _memory.Take(bytes);
        }

        public nuint GiveBack(nint start, nuint bytes, nuint taken, nuint limit)
        {
            nuint left = _memory.GiveBack(start, bytes, taken, limit);
            Outstanding -= left == 0 ? 1 : 0;
            return left;
        }
    }
}
