using System.Runtime.CompilerServices;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>What a deallocator may do to the state that called it, and what happens when it throws.</summary>
public sealed class DeallocatorTests : LeakChecked
{
    private static readonly nint A = Fakes.Address(1);
    private static readonly nint B = Fakes.Address(2);
    private static readonly nint C = Fakes.Address(3);
    private static readonly nint D = Fakes.Address(4);

    [Fact]
    public void ItMayReleaseAllocateAttachRetainAndDetachOthers()
    {
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator() });
        nint child = state.RmMalloc(8);
        nint shared = state.RmMalloc(8);
        nint made = 0;
        state.RmAttach(B, Fakes.Leave);
        state.RmAttach(A, _ =>
        {
            Assert.Equal(0, state.RmRelease(child));
            Assert.Equal(2, state.RmRetain(shared));
            Assert.Equal(0, state.RmDetach(B));
            made = state.RmMalloc(50);
            made = state.RmRealloc(made, 60);
            state.RmAttach(C, Fakes.Leave, 5);
            Assert.Equal(3, state.Statistics.LiveBlocks);
            state.Verify();
        });

        Assert.Equal(0, state.RmRelease(A));

        Assert.Equal((2, 1, 60u), (state.RmCount(shared), state.RmCount(C), state.RmSize(made)));
        Assert.False(state.RmContains(child) || state.RmContains(B) || state.RmContains(A));
        state.Verify();
        Assert.Equal(1, state.RmRelease(shared));
        Assert.Equal([0L, 0L, 0L], new[] { shared, C, made }.Select(b => state.RmRelease(b)));
    }

    [Fact]
    public void TheTableMayGrowUnderIt()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Seed = 5 });
        List<nint> made = [];
        for (int i = 0; i < 20; i++)
        {
            state.RmAttach(Fakes.Address(i), _ => made.AddRange(Enumerable.Range(0, 500).Select(_ => state.RmMalloc(8))));
        }

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(0, state.RmRelease(Fakes.Address(i)));
            Assert.False(state.RmContains(Fakes.Address(i)));
        }

        Assert.Equal(10_000, state.Statistics.LiveBlocks);
        state.Verify();
        Assert.All(made, b => Assert.Equal(0, state.RmRelease(b)));
    }

    [Fact]
    public void NestedReleasesRunAfterItInOrder()
    {
        RmState state = NewState();
        List<string> order = [];
        state.RmAttach(B, _ =>
        {
            order.Add("B begins");
            Assert.Equal(0, state.RmRelease(D));
            order.Add("B ends");
        });
        state.RmAttach(C, _ => order.Add("C"));
        state.RmAttach(D, _ => order.Add("D"));
        state.RmAttach(A, _ =>
        {
            order.Add("A begins");
            Assert.Equal(0, state.RmRelease(B));
            Assert.Equal(0, state.RmRelease(C));
            order.Add("A ends");
        });

        Assert.Equal(0, state.RmRelease(A));

        Assert.Equal(["A begins", "A ends", "B begins", "B ends", "C", "D"], order, StringComparer.Ordinal);
        Assert.Equal((0, 4, 4), (state.Statistics.LiveBlocks, state.Statistics.Frees, state.Statistics.Releases));
    }

    [Fact]
    public void NestedReleaseOfAPlainBlockFreesItAtOnce()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint plain = state.RmMalloc(8);
        bool heldDuring = true;
        state.RmAttach(A, _ =>
        {
            state.RmRelease(plain);
            heldDuring = allocator.Holds(plain);
        });

        state.RmRelease(A);

        Assert.False(heldDuring);
    }

    [Fact]
    public void BlockInItsDeallocatorIsFinalizing()
    {
        RmState state = NewState();
        StateSnapshot? during = null;
        int checks = 0;
        nint other = state.RmMalloc(5);
        state.RmAttach(A, block =>
        {
            AssertFinalizing(state, block);
            during = StateSnapshot.Of(state);
            checks++;
        });

        Assert.Equal(0, state.RmRelease(A));

        Assert.Equal(1, checks);
        during!.AssertUnchanged(state);
        Assert.Throws<UntrackedPointerException>(() => state.RmCount(A));
        state.RmRelease(other);
    }

    [Fact]
    public void BlockQueuedForItsDeallocatorIsFinalizingToo()
    {
        RmState state = NewState();
        int deallocated = 0;
        state.RmAttach(B, _ => deallocated++);
        state.RmAttach(A, _ =>
        {
            Assert.Equal(0, state.RmRelease(B));
            Assert.Equal(0, deallocated);
            AssertFinalizing(state, B);
        });

        Assert.Equal(0, state.RmRelease(A));

        Assert.Equal(1, deallocated);
        Assert.False(state.RmTryCount(B, out _));
    }

    [Fact]
    public void AllocatorMayHandOutTheSameAddressDuringTheDeallocator()
    {
        var allocator = new ScriptedAllocator();
        List<MemoryViolationException> reported = [];
        RmState state = NewState(new RmStateOptions { Allocator = allocator, OnViolation = reported.Add });
        state.RmAttach(A, block =>
        {
            allocator.Next = block;
            Assert.Equal(block, state.RmMalloc(77));
            Assert.Equal((1, 77u), (state.RmCount(block), state.RmSize(block)));
            Assert.Equal(2, state.RmRetain(block));
            state.Verify();
        });

        Assert.Equal(0, state.RmRelease(A));

        Assert.Empty(reported);
        Assert.Equal((2, 77u), (state.RmCount(A), state.RmSize(A)));
        Assert.Equal((1, 1), (state.Statistics.LiveBlocks, state.Statistics.Frees));
        state.Verify();
        Assert.Equal(1, state.RmRelease(A));
        Assert.Equal(0, state.RmRelease(A));
        Assert.Equal([A], allocator.Freed);
    }

    [Fact]
    public void BlockAtTheSameAddressMayDieDuringTheDeallocatorToo()
    {
        var allocator = new ScriptedAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        for (int round = 0; round < 3; round++)
        {
            state.RmAttach(A, block =>
            {
                allocator.Next = block;
                state.RmMalloc(1);
                Assert.Equal(0, state.RmRelease(block));
                allocator.Next = block;
                state.RmMalloc(2);
                Assert.Equal(0, state.RmDetach(block));
            });

            Assert.Equal(0, state.RmRelease(A));

            Assert.False(state.RmContains(A));
            state.Verify();
        }

        Assert.Equal([A, A, A], allocator.Freed);
        Assert.Equal((0, 6, 3), (state.Statistics.LiveBlocks, state.Statistics.Frees, state.Statistics.Detaches));
    }

    [Fact]
    public void ExceptionSurfacesAsItIsAndTheBlockIsGoneOnce()
    {
        RmState state = NewState();
        var thrown = new FormatException("mine");
        int calls = 0;
        state.RmAttach(A, _ => FailWith(thrown, ref calls));
        state.RmRetain(A);

        Assert.Equal(1, state.RmRelease(A));
        FormatException caught = Assert.Throws<FormatException>(() => state.RmRelease(A));

        Assert.Same(thrown, caught);
        Assert.Contains(nameof(FailWith), caught.StackTrace, StringComparison.Ordinal);
        Assert.Equal(1, calls);
        Assert.False(state.RmContains(A));
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(A));
        Assert.Equal((0, 1, 2), (state.Statistics.LiveBlocks, state.Statistics.Frees, state.Statistics.Releases));
        state.Verify();
    }

    [Fact]
    public void RestOfTheWorkIsDoneBeforeAnExceptionSurfaces()
    {
        RmState state = NewState();
        List<string> done = [];
        state.RmAttach(B, _ => done.Add("B"));
        state.RmAttach(C, _ => done.Add("C"));
        state.RmAttach(A, _ =>
        {
            state.RmRelease(B);
            state.RmRelease(C);
            throw new FormatException();
        });

        Assert.Throws<FormatException>(() => state.RmRelease(A));

        Assert.Equal(["B", "C"], done, StringComparer.Ordinal);
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }

    [Fact]
    public void SeveralExceptionsSurfaceTogether()
    {
        RmState state = NewState();
        FormatException[] thrown = [new("A"), new("B"), new("D")];
        state.RmAttach(B, _ => throw thrown[1]);
        state.RmAttach(C, Fakes.Leave);
        state.RmAttach(D, _ => throw thrown[2]);
        state.RmAttach(A, _ =>
        {
            // Queued, so nothing surfaces here.
            Assert.Equal(0, state.RmRelease(B));
            Assert.Equal(0, state.RmRelease(C));
            Assert.Equal(0, state.RmRelease(D));
            throw thrown[0];
        });

        AggregateException caught = Assert.Throws<AggregateException>(() => state.RmRelease(A));

        Assert.Equal(thrown, caught.InnerExceptions);
        Assert.Equal((0, 4), (state.Statistics.LiveBlocks, state.Statistics.Frees));

        // The state is as usable as before, and holds no memory of it.
        state.RmAttach(A, Fakes.Leave);
        Assert.Equal(0, state.RmRelease(A));
    }

    [Fact]
    public void TryReleaseDoesNotSwallowItsException()
    {
        RmState state = NewState();
        state.RmAttach(A, _ => throw new FormatException());

        Assert.Throws<FormatException>(() => state.RmTryRelease(A, out _));

        Assert.False(state.RmContains(A));
    }

    [Fact]
    public void MisuseInsideItSurfacesLikeAnyException()
    {
        RmState state = NewState();
        state.RmAttach(A, b => state.RmRelease(b));

        FinalizingBlockException violation = Assert.Throws<FinalizingBlockException>(() => state.RmRelease(A));

        Assert.Equal(A, violation.Block);
        Assert.Equal((0, 1, 1), (state.Statistics.LiveBlocks, state.Statistics.Frees, state.Statistics.Violations));
    }

    [Fact]
    public void DisposeAndResetInsideItAreRefused()
    {
        RmState state = NewState();
        nint other = state.RmMalloc(8);
        int refused = 0;
        state.RmAttach(A, _ =>
        {
            refused += Assert.Throws<ConcurrentUseException>(state.Dispose) is null ? 0 : 1;
            refused += Assert.Throws<ConcurrentUseException>(() => state.Reset()) is null ? 0 : 1;
        });

        Assert.Equal(0, state.RmRelease(A));

        Assert.Equal(2, refused);
        Assert.False(state.IsDisposed);
        Assert.Equal(1, state.RmCount(other));
        state.RmRelease(other);
    }

    [Fact]
    public void ExchangedBlocksOfTwoStatesAreReleasedAcrossThem()
    {
        RmState first = NewState();
        RmState second = NewState();
        List<string> order = [];
        second.RmAttach(B, _ =>
        {
            order.Add("B of the second");
            first.RmRelease(C);
        });
        first.RmAttach(C, _ => order.Add("C of the first"));
        first.RmAttach(A, _ =>
        {
            Assert.Equal(0, second.RmRelease(B));
            order.Add("A of the first");
        });

        Assert.Equal(0, first.RmRelease(A));

        Assert.Equal(["B of the second", "A of the first", "C of the first"], order, StringComparer.Ordinal);
    }

    private static void AssertFinalizing(RmState state, nint block)
    {
        Assert.Equal(0, state.RmCount(block));
        Assert.True(state.RmTryCount(block, out long count));
        Assert.Equal(0, count);
        Assert.False(state.RmContains(block));
        Action[] refused =
        [
            () => state.RmRetain(block), () => state.RmRelease(block),
            () => state.RmAttach(block), () => state.RmAttach(block, Fakes.Leave),
            () => state.RmAttachOrRetain(block), () => state.RmAttachOrRetain(block, Fakes.Leave), () => state.RmRealloc(block, 10),
            () => state.RmDetach(block),
        ];
        Assert.All(refused, call => Assert.Equal(block, Assert.Throws<FinalizingBlockException>(call).Block));
        Assert.False(state.RmTryRetain(block, out _));
        Assert.False(state.RmTryRelease(block, out _));
        Assert.False(state.RmTryAttach(block));
        Assert.False(state.RmTryAttach(block, Fakes.Leave));
        Assert.False(state.RmTryRealloc(block, 10, out _));
        Assert.False(state.RmTryDetach(block, out _));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FailWith(Exception e, ref int calls)
    {
        calls++;
        throw e;
    }
}
