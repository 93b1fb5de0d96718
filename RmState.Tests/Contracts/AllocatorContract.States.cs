using Rm.Violations;

namespace Rm.Tests.Contracts;

// A state over the allocator keeps every promise that a state makes.
public abstract unsafe partial class AllocatorContract
{
    [Fact]
    public void StateCountsBlocksOfTheAllocator()
    {
        AllocatorSubject subject = NewSubject();
        RmState state = NewState(new RmStateOptions { Allocator = subject.Allocator });
        foreach (nuint size in StateSizes(subject))
        {
            nint block = state.RmMalloc(size);
            new Span<byte>((void*)block, (int)size).Fill(0x5A);

            Assert.Equal(1, state.RmCount(block));
            Assert.True(state.RmSize(block) >= size);
            Assert.Equal(2, state.RmRetain(block));
            Assert.Equal(3, state.RmRetain(block));
            AssertSound(state, subject, live: 1);
            Assert.Equal(2, state.RmRelease(block));
            Assert.Equal(1, state.RmRelease(block));
            Assert.Equal((int)size, new Span<byte>((void*)block, (int)size).Count((byte)0x5A));
            Assert.Equal(0, state.RmRelease(block));
            Assert.False(state.RmContains(block));
            AssertSound(state, subject, live: 0);
        }
    }

    [Fact]
    public void StateCountsFarBeyondAByte()
    {
        AllocatorSubject subject = NewSubject();
        RmState state = NewState(new RmStateOptions { Allocator = subject.Allocator });
        nint block = state.RmMalloc(40);
        nint other = state.RmMalloc(40);

        for (int count = 2; count <= 2000; count++)
        {
            Assert.Equal(count, state.RmRetain(block));
        }

        AssertSound(state, subject, live: 2);
        Assert.Equal(2000, state.RmCount(block));
        Assert.Equal(1, state.RmCount(other));
        for (int count = 1999; count >= 0; count--)
        {
            Assert.Equal(count, state.RmRelease(block));
        }

        AssertSound(state, subject, live: 1);
        Assert.Equal(0, state.RmRelease(other));
    }

    [Fact]
    public void StateZeroesAlignsAndResizesBlocksOfTheAllocator()
    {
        AllocatorSubject subject = NewSubject();
        RmState state = NewState(new RmStateOptions { Allocator = subject.Allocator });
        foreach (nuint size in StateSizes(subject))
        {
            nint dirty = state.RmMalloc(size);
            new Span<byte>((void*)dirty, (int)size).Fill(0xFF);
            state.RmRelease(dirty);
            nint zeroed = state.RmCalloc(size, 1);
            Assert.Equal(-1, BlockBytes.FindNonZero(zeroed, size));
            nuint alignment = nuint.Min(256, subject.LargestAlignment);
            nint aligned = state.RmAlignedAlloc(alignment, size);
            Assert.Equal(0u, (nuint)aligned % alignment);
            foreach (nuint next in StateSizes(subject))
            {
                nuint kept = nuint.Min(state.RmSize(aligned), next);
                new Span<byte>((void*)aligned, (int)kept).Fill((byte)next);
                aligned = state.RmRealloc(aligned, next);
                Assert.Equal(0u, (nuint)aligned % alignment);
                Assert.Equal((int)kept, new Span<byte>((void*)aligned, (int)kept).Count((byte)next));
                zeroed = state.RmRealloc(zeroed, next);
            }

            Assert.Equal(2, state.RmRetain(aligned));
            AssertSound(state, subject, live: 2);
            Assert.Equal(1, state.RmRelease(aligned));
            Assert.Equal(0, state.RmRelease(aligned));
            Assert.Equal(0, state.RmRelease(zeroed));
            AssertSound(state, subject, live: 0);
        }
    }

    [Fact]
    public void DetachedBlockIsTheAllocatorsAgain()
    {
        AllocatorSubject subject = NewSubject();
        RmState state = NewState(new RmStateOptions { Allocator = subject.Allocator });
        foreach (nuint size in StateSizes(subject))
        {
            nint once = state.RmMalloc(size);
            nint twice = state.RmMalloc(size);
            state.RmRetain(twice);

            Assert.Equal(0, state.RmDetach(once));
            Assert.Equal(1, state.RmDetach(twice));

            Assert.False(state.RmContains(once));
            Assert.Throws<UntrackedPointerException>(() => state.RmRelease(once));
            Assert.Throws<UntrackedPointerException>(() => state.RmRetain(twice));
            AssertSound(state, subject, live: 0, detached: 2);
            state.RmAttach(once);
            Assert.Equal(2, state.RmRetain(once));
            Assert.Equal(1, state.RmDetach(once));
            subject.Allocator.Free(once, size, 0);
            subject.Allocator.Free(twice, size, 0);
            AssertSound(state, subject, live: 0);
        }
    }

    [Fact]
    public void DisposedStateFreesWhatItCountsAndNothingElse()
    {
        AllocatorSubject subject = NewSubject();
        HeldBlock own = Allocate(subject, 40);
        RmState state = NewState(new RmStateOptions { Allocator = subject.Allocator });
        nint[] blocks = [.. StateSizes(subject).SelectMany(size => new[] { state.RmMalloc(size), state.RmCalloc(1, size) })];
        Array.ForEach(blocks, b => state.RmRetain(b));
        AssertSound(state, subject, live: blocks.Length, detached: 1);

        state.Dispose();

        Assert.Equal(1, subject.Pool?.Usage.LiveBlocks ?? 1);
        AssertIntact(own);
        subject.Arena?.Verify();
        RmState next = NewState(new RmStateOptions { Allocator = subject.Allocator });
        Assert.Equal(0, next.RmRelease(next.RmMalloc(40)));
        AssertSound(next, subject, live: 0, detached: 1);
        subject.Allocator.Free(own.Address, own.Size, 0);
    }

    [Fact]
    public void TwoStatesShareTheAllocator()
    {
        AllocatorSubject subject = NewSubject();
        RmState first = NewState(new RmStateOptions { Allocator = subject.Allocator });
        RmState second = NewState(new RmStateOptions { Allocator = subject.Allocator });
        nint[] firsts = [.. StateSizes(subject).Select(size => first.RmMalloc(size))];
        nint[] seconds = [.. StateSizes(subject).Select(size => second.RmMalloc(size))];

        Assert.Empty(firsts.Intersect(seconds));
        Assert.All(firsts, b => Assert.False(second.RmContains(b)));
        Assert.All(seconds, b => Assert.False(first.RmContains(b)));
        Assert.All(seconds, b => Assert.Throws<UntrackedPointerException>(() => first.RmRelease(b)));
        first.Verify();
        second.Verify();
        Assert.All(firsts, b => Assert.Equal(0, first.RmRelease(b)));
        AssertSound(second, subject, live: seconds.Length);
        Assert.All(seconds, b => Assert.Equal(0, second.RmRelease(b)));
        AssertSound(second, subject, live: 0);
    }

    [Fact]
    public void StateRefusesWhatTheAllocatorRefuses()
    {
        AllocatorSubject subject = NewSubject();
        RmState state = NewState(new RmStateOptions { Allocator = subject.Allocator });
        nint block = state.RmMalloc(40);

        foreach (nuint size in Impossible)
        {
            Assert.Throws<OutOfMemoryException>(() => state.RmMalloc(size));
            Assert.Throws<OutOfMemoryException>(() => state.RmCalloc(size, 1));
            Assert.Throws<OutOfMemoryException>(() => state.RmCalloc(size / 2, 3));
            Assert.Throws<OutOfMemoryException>(() => state.RmAlignedAlloc(64, size));
            Assert.Throws<OutOfMemoryException>(() => state.RmRealloc(block, size));
            Assert.False(state.RmTryMalloc(size, out nint none));
            Assert.Equal(0, none);
        }

        Assert.Equal(1, state.RmCount(block));
        AssertSound(state, subject, live: 1);
        Assert.Equal(0, state.RmRelease(block));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void RandomProgramOfAStateLeavesNothing(int seed)
    {
        AllocatorSubject subject = NewSubject();
        RmState state = NewState(new RmStateOptions { Allocator = subject.Allocator });
        var random = new Random(seed);
        var counts = new Dictionary<nint, long>();
        for (int step = 0; step < 5000; step++)
        {
            nint block = counts.Count == 0 ? 0 : counts.Keys.ElementAt(random.Next(counts.Count));
            int kind = random.Next(block == 0 || counts.Count < 40 ? 4 : 10);
            if (kind < 3 && state.RmTryMalloc(nuint.Min(StepSource.Size(random) / 4, subject.LargestSize), out nint made))
            {
                counts.Add(made, 1);
            }
            else if (kind is 3 or 4 && block != 0)
            {
                counts[block]++;
                Assert.Equal(counts[block], state.RmRetain(block));
            }
            else if (kind == 5 && counts[block] == 1 && state.RmTryRealloc(block, nuint.Min(StepSource.Size(random) / 4, subject.LargestSize), out nint moved))
            {
                counts.Remove(block);
                counts.Add(moved, 1);
            }
            else if (block != 0)
            {
                counts[block]--;
                Assert.Equal(counts[block], state.RmRelease(block));
                _ = counts[block] == 0 && counts.Remove(block);
            }

            if (step % 50 == 0)
            {
                AssertSound(state, subject, counts.Count);
                Assert.All(counts, pair => Assert.Equal(pair.Value, state.RmCount(pair.Key)));
            }
        }

        state.Dispose();
        Assert.Null(subject.FindRetained());
    }

    private static IEnumerable<nuint> StateSizes(AllocatorSubject subject) =>
        new nuint[] { 0, 1, 24, 1024, 1025, 40_000, 1 << 20, (1 << 20) + 1 }.Where(size => size <= subject.LargestSize);

    private static void AssertSound(RmState state, AllocatorSubject subject, long live, int detached = 0)
    {
        state.Verify();
        Assert.Equal(live, state.Statistics.LiveBlocks);
        subject.Arena?.Verify();
        Assert.True(subject.Pool is null || subject.Pool.Usage.LiveBlocks >= live + detached);
    }
}
