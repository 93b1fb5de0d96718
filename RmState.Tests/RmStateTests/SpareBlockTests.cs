using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>Freed blocks that a state over malloc keeps for its next allocations: few, never too small, and never lost.</summary>
public sealed unsafe class SpareBlockTests : LeakChecked
{
    private const long MostSpareBytes = 128 * 1024;

    [Fact]
    public void ReleasedBlockIsHandedOutAgainAsANewOne()
    {
        RmState state = NewState();
        nint block = state.RmMalloc(100);
        state.RmRetain(block);
        state.RmRelease(block);
        state.RmRelease(block);
        Assert.True(state.Statistics.SpareBytes >= 100);
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block));

        nint again = state.RmMalloc(97);

        Assert.Equal(block, again);
        Assert.Equal((1, 97u, 0), (state.RmCount(again), state.RmSize(again), state.Statistics.SpareBytes));
        Assert.Equal(0, state.RmRelease(again));
    }

    [Fact]
    public void ReusedBlockOfCallocIsZeroed()
    {
        RmState state = NewState();
        for (int size = 0; size < 1100; size += 13)
        {
            nint dirty = state.RmMalloc((nuint)size);
            new Span<byte>((void*)dirty, size).Fill(0xFF);
            state.RmRelease(dirty);
            nint clean = state.RmCalloc((nuint)size, 1);
            Assert.Equal(-1, new Span<byte>((void*)clean, size).IndexOfAnyExcept((byte)0));
            state.RmRelease(clean);
        }
    }

    [Fact]
    public void WhatIsKeptIsBoundedAndGoesBackWithTrim()
    {
        RmState state = NewState();
        for (int round = 0; round < 3; round++)
        {
            nint[] blocks = [.. Enumerable.Range(0, 20_000).Select(i => state.RmMalloc((nuint)(i % 1200)))];
            Assert.All(blocks, b => Assert.Equal(0, state.RmRelease(b)));
            Assert.InRange(state.Statistics.SpareBytes, 10_000, MostSpareBytes);
        }

        Assert.True(state.Trim());
        Assert.Equal(0, state.Statistics.SpareBytes);
        Assert.Equal(0, state.RmRelease(state.RmMalloc(50)));
    }

    [Fact]
    public void NothingIsKeptWhenTurnedOffOrAfterDispose()
    {
        RmState off = NewState(new RmStateOptions { KeepsSpareBlocks = false });
        RmState on = NewState();
        foreach (RmState state in new[] { off, on })
        {
            nint[] blocks = [.. Enumerable.Range(0, 1000).Select(i => state.RmMalloc((nuint)i))];
            Assert.All(blocks, b => state.RmRelease(b));
        }

        Assert.Equal(0, off.Statistics.SpareBytes);
        Assert.NotEqual(0, on.Statistics.SpareBytes);
        on.Dispose();
        Assert.Equal(0, on.Statistics.SpareBytes);
    }

    [Fact]
    public void AnotherAllocatorSeesEveryFree()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        for (int i = 1; i <= 1000; i++)
        {
            state.RmRelease(state.RmMalloc((nuint)i));
            Assert.Equal((i, 0), (allocator.Frees, allocator.Outstanding));
        }

        Assert.Equal(0, state.Statistics.SpareBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void NoBlockIsEverSmallerThanItsSize(int seed)
    {
        // Blocks change their size and owner in every way there is; a block kept for a class must serve all of it.
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1 });
        var random = new Random(seed);
        List<nint> live = [];
        for (int step = 0; step < 60_000; step++)
        {
            nuint size = (nuint)random.Next(random.Next(2) == 0 ? 100 : 1100);
            int at = live.Count == 0 ? -1 : random.Next(live.Count);
            switch (random.Next(12))
            {
                case < 3 when live.Count < 300:
                    live.Add(state.RmMalloc(size));
                    break;
                case 3 when live.Count < 300:
                    live.Add(state.RmCalloc(size, 1));
                    break;
                case 4 when live.Count < 300:
                    live.Add(state.RmAlignedAlloc((nuint)1 << random.Next(8), size));
                    break;
                case 5 when live.Count < 300:
                    nint native = LibC.StrDup(new string('x', (int)size));
                    Attach(state, native, random.Next(2) == 0 ? size : null);
                    live.Add(native);
                    break;
                case < 8 when at >= 0:
                    live[at] = state.RmRealloc(live[at], size);
                    break;
                case 8 when at >= 0:
                    nint moving = live[at];
                    state.RmDetach(moving);
                    Attach(state, moving, null);
                    break;
                case 9 when at >= 0:
                    Assert.NotEqual(0u, state.EnsureGeneration(live[at]));
                    break;
                case > 9 when at >= 0:
                    Assert.Equal(0, state.RmRelease(live[at]));
                    live[at] = live[^1];
                    live.RemoveAt(live.Count - 1);
                    at = -1;
                    break;
            }

            nint block = at >= 0 ? live[at] : live.Count > 0 ? live[^1] : 0;
            if (block != 0 && state.RmTrySize(block, out nuint known) && LibC.UsableSize(block) < known)
            {
                Assert.Fail($"seed {seed}, step {step}: a block of {known} bytes has room for {LibC.UsableSize(block)}");
            }
        }

        state.Verify();
        Assert.Equal(live.Count, live.Distinct().Count());
        Assert.All(live, b => Assert.Equal(0, state.RmRelease(b)));
    }

    private static void Attach(RmState state, nint block, nuint? size)
    {
        if (size is { } known)
        {
            state.RmAttach(block, known);
        }
        else
        {
            state.RmAttach(block);
        }
    }
}
