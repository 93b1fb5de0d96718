using System.Collections.Concurrent;
using Rm.Interop;
using Rm.Memory;
using Rm.Tests.Faults;
using Rm.Violations;

namespace Rm.Tests.Interop;

/// <summary>Hand-over between threads that run: nothing is lost, doubled or touched by the wrong one, and an overlap is still an overlap.</summary>
public sealed unsafe class HandOverThreadTests : HandOverStates
{
    private const int Threads = 3;

    [Theory]
    [InlineData(Kind.Malloc)]
    [InlineData(Kind.Heap)]
    [InlineData(Kind.Custom)]
    public void ARingOfThreadsPassesAHundredThousandBlocks(Kind kind)
    {
        RmState[] states = [.. Enumerable.Range(0, Threads).Select(_ => NewState(kind))];
        using var ring = new Ring(states);
        Action[] waits = [.. Enumerable.Range(0, Threads).Select(i => OnThread.Start(() => ring.Work(i)))];

        Assert.All(waits, wait => wait());

        Assert.All(states, state => Assert.Equal(0, state.Statistics.LiveBlocks));
        Assert.Equal(Threads * Ring.BlocksOfEach, states.Sum(state => state.Statistics.Frees));
        Assert.Equal(Threads * Ring.BlocksOfEach * (Ring.Hops + 1), states.Sum(state => state.Statistics.Attaches));
        Assert.Equal(Threads * Ring.BlocksOfEach * 2, states.Sum(state => state.Statistics.Releases));
    }

    [Fact]
    public void ABlockHandedToAStateThatIsBeingDisposedEndsOnce()
    {
        const int rounds = 300;
        const int blocks = 20;
        int[] ends = new int[rounds * blocks];
        int refused = 0;
        RmState from = NewState();
        for (int round = 0; round < rounds; round++)
        {
            var to = new RmState(new RmStateOptions { InitialCapacity = 1 });
            var inbox = new RmInbox(to);
            int posted = 0;
            Action wait = OnThread.Start(() =>
            {
                SpinWait.SpinUntil(() => Volatile.Read(ref posted) > 0);
                to.RmReceive();
                to.Dispose();
            });
            for (int i = 0; i < blocks; i++)
            {
                nint block = Fakes.Address((round * blocks) + i);
                from.RmAttach(block, ended => Interlocked.Increment(ref ends[(int)((ended - Fakes.Base) / 16)]));
                try
                {
                    from.RmTransferTo(block, inbox);
                    Volatile.Write(ref posted, i + 1);
                }
                catch (ObjectDisposedException)
                {
                    refused++;
                    from.RmRelease(block);
                }
            }

            wait();
        }

        Assert.All(ends, times => Assert.Equal(1, times));
        Assert.Equal((rounds * blocks) - refused, from.Statistics.Detaches);
        from.Verify();
    }

    [Fact]
    public void ASecondThreadDuringAnOperationOfTheFirstIsAnOverlap()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        RmState other = NewState();
        var inbox = new RmInbox(state);
        nint block = state.RmMalloc(10);
        state.RmRetain(block);
        inbox.RmGiveBack(block);
        allocator.OnRequest = () =>
        {
            // The first thread stays inside RmMalloc while another tries.
            allocator.OnRequest = null;
            OnThread.Run(() =>
            {
                Assert.Throws<ConcurrentUseException>(() => state.RmTransferTo(block, new RmInbox(other)));
                Assert.Throws<ConcurrentUseException>(() => state.RmReceive());
                Assert.Throws<ConcurrentUseException>(() => new RmInbox(state));

                // An inbox is for any thread at any time.
                inbox.RmGiveBack(block);
            });
        };

        nint made = state.RmMalloc(20);

        Assert.Equal(2, state.RmCount(block));
        Assert.Equal(2, state.RmReceive());
        Assert.False(state.RmContains(block));
        Assert.Equal(0, other.RmReceive());
        Assert.Equal(0, state.RmRelease(made));
        Assert.Equal(3, state.Statistics.Violations);
        state.Verify();
    }

    [Fact]
    public void ABlockThatComesBackWhileItsAllocatorIsBusyWaits()
    {
        var allocator = new BusyAllocator();
        RmState home = NewState(new RmStateOptions { Allocator = allocator });
        RmState away = NewState();
        nint[] blocks = [home.RmMalloc(10), home.RmMalloc(10)];
        foreach (nint block in blocks)
        {
            home.RmTransferTo(block, new RmInbox(away));
        }

        away.RmReceive();
        Assert.All(blocks, block => Assert.Equal(0, away.RmRelease(block)));
        allocator.IsBusy = true;
        Assert.Throws<ConcurrentUseException>(() => home.RmReceive());
        Assert.Throws<ConcurrentUseException>(() => home.RmReceive());
        Assert.Empty(allocator.Freed);

        allocator.IsBusy = false;
        Assert.Equal(2, home.RmReceive());
        Assert.Equal(blocks, allocator.Freed);
    }

    /// <summary>Each thread makes blocks and passes on those of others; whoever has one last retains it and lets its neighbour give that back.</summary>
    private sealed class Ring(RmState[] states) : IDisposable
    {
        internal const int BlocksOfEach = 34_000;
        internal const int Hops = 4;
        private const int MaxLetters = 1000;

        private readonly RmInbox[] _inboxes = [.. states.Select(state => new RmInbox(state))];
        private readonly ConcurrentQueue<(nint Block, int Hops)>[] _letters = [.. states.Select(_ => new ConcurrentQueue<(nint, int)>())];
        private readonly ConcurrentQueue<(RmInbox Owner, nint Block)>[] _chores = [.. states.Select(_ => new ConcurrentQueue<(RmInbox, nint)>())];
        private readonly Barrier _phases = new(states.Length);
        private int _ended;

        public void Dispose() => _phases.Dispose();

        internal void Work(int me)
        {
            RmState state = states[me];
            for (int made = 0; Volatile.Read(ref _ended) < states.Length * BlocksOfEach;)
            {
                if (made < BlocksOfEach && _letters[Next(me)].Count < MaxLetters)
                {
                    nint block = state.RmMalloc((nuint)(16 + (made++ % 200)));
                    *(nint*)block = ~block;
                    Post(me, block, 0);
                }

                if (_letters[me].TryDequeue(out (nint Block, int Hops) letter))
                {
                    Open(me, letter.Block, letter.Hops);
                }

                if (_chores[me].TryDequeue(out (RmInbox Owner, nint Block) chore))
                {
                    Assert.Equal(~chore.Block, *(nint*)chore.Block);
                    chore.Owner.RmGiveBack(chore.Block);
                    Interlocked.Increment(ref _ended);
                }
            }

            // What was given back is released, then what came home by that is freed.
            _phases.SignalAndWait();
            state.RmReceive();
            _phases.SignalAndWait();
            state.RmReceive();
            state.Verify();
            Assert.True(_inboxes[me].IsEmpty);
        }

        // The block was in the inbox before its letter was written.
        private void Open(int me, nint block, int hops)
        {
            RmState state = states[me];
            state.RmReceive();
            Assert.Equal(~block, *(nint*)block);
            if (hops < Hops)
            {
                Post(me, block, hops + 1);
                return;
            }

            state.RmRetain(block);
            _chores[Next(me)].Enqueue((_inboxes[me], block));
            state.RmRelease(block);
        }

        private void Post(int me, nint block, int hops)
        {
            states[me].RmTransferTo(block, _inboxes[Next(me)]);
            _letters[Next(me)].Enqueue((block, hops));
        }

        private int Next(int me) => (me + 1) % states.Length;
    }

    private sealed class BusyAllocator : INativeAllocator
    {
        private readonly MallocAllocator _inner = new();
        private readonly List<nint> _freed = [];

        public bool IsBusy { get; set; }

        public IReadOnlyList<nint> Freed => _freed;

        public bool KnowsSizes => false;

        public nint Allocate(nuint size) => _inner.Allocate(size);

        public nint AllocateZeroed(nuint size) => _inner.AllocateZeroed(size);

        public nint AllocateAligned(nuint size, nuint alignment) => _inner.AllocateAligned(size, alignment);

        public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment) => _inner.Reallocate(block, oldSize, newSize, alignment);

        public void Free(nint block, nuint size, nuint alignment)
        {
            if (IsBusy)
            {
                throw new ConcurrentUseException("The allocator is in use.");
            }

            _freed.Add(block);
            _inner.Free(block, size, alignment);
        }

        public nuint UsableSize(nint block) => 0;

        public AddressOwner OwnerOf(nint address) => AddressOwner.Unknown;
    }
}
