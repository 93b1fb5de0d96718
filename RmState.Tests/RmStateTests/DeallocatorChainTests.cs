using System.Runtime.InteropServices;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>A chain of a million blocks, each released by the deallocator of the one before, needs no stack and no memory.</summary>
public sealed unsafe class DeallocatorChainTests : LeakChecked
{
    private const int Length = 1_000_000;

    // A thread of this stack would hold a few thousand nested calls at most.
    private const int SmallStack = 256 * 1024;

    [ThreadStatic]
    private static long _calls;

    [ThreadStatic]
    private static RmState? _state;

    [Fact]
    public void OfDelegates()
    {
        RmState state = NewState();
        long calls = 0;
        Action<nint> releaseNext = block =>
        {
            calls++;
            if (block < Fakes.Address(Length - 1))
            {
                state.RmRelease(block + 16);
            }
        };
        for (int i = 0; i < Length; i++)
        {
            state.RmAttach(Fakes.Address(i), releaseNext);
        }

        OnSmallStack(() => Assert.Equal(0, state.RmRelease(Fakes.Address(0))));

        Assert.Equal(Length, calls);
        AssertEmpty(state);
    }

    [Fact]
    public void OfFunctionPointers()
    {
        RmState state = NewState();
        for (int i = 0; i < Length; i++)
        {
            state.RmAttach(Fakes.Address(i), &ReleaseNext);
        }

        OnSmallStack(() =>
        {
            (_state, _calls) = (state, 0);
            Assert.Equal(0, state.RmRelease(Fakes.Address(0)));
            Assert.Equal(Length, _calls);
            _state = null;
        });

        AssertEmpty(state);
    }

    [Fact]
    public void OfFunctionPointersWithContexts()
    {
        RmState state = NewState();
        var handle = GCHandle.Alloc(state);
        try
        {
            for (int i = 0; i < Length; i++)
            {
                state.RmAttach(Fakes.Address(i), &ReleaseNextOfContext, (void*)GCHandle.ToIntPtr(handle));
            }

            OnSmallStack(() => Assert.Equal(0, state.RmRelease(Fakes.Address(0))));

            AssertEmpty(state);
        }
        finally
        {
            handle.Free();
        }
    }

    [Fact]
    public void ReleasedByDispose()
    {
        RmState state = NewState();
        long calls = 0;
        Action<nint> tryReleaseNext = block =>
        {
            calls++;
            state.RmTryRelease(block + 16, out _);
        };
        for (int i = 0; i < Length / 4; i++)
        {
            state.RmAttach(Fakes.Address(i), tryReleaseNext);
        }

        OnSmallStack(state.Dispose);

        Assert.Equal(Length / 4, calls);
    }

    [Fact]
    public void OfRealBlocksEachFreedByItsNeighbour()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        const int length = 100_000;

        // Every node owns a plain block and the next node.
        Dictionary<nint, (nint Payload, nint Next)> nodes = [];
        nint head = 0;
        for (int i = 0; i < length; i++)
        {
            nint node = Fakes.Address(i);
            nodes.Add(node, (state.RmMalloc(32), head));
            state.RmAttach(node, n =>
            {
                state.RmRelease(nodes[n].Payload);
                state.RmRelease(nodes[n].Next);
            });
            head = node;
        }

        OnSmallStack(() => Assert.Equal(0, state.RmRelease(head)));

        Assert.Equal(0, allocator.Outstanding);
        Assert.Equal((0, 2 * length), (state.Statistics.LiveBlocks, state.Statistics.Frees));
    }

    [Fact]
    public void FanOutFromOneDeallocator()
    {
        RmState state = NewState();
        long sum = 0;
        const int children = 200_000;
        for (int i = 1; i <= children; i++)
        {
            state.RmAttach(Fakes.Address(i), b => sum += b - Fakes.Address(0));
        }

        state.RmAttach(Fakes.Address(0), _ =>
        {
            for (int i = 1; i <= children; i++)
            {
                state.RmRelease(Fakes.Address(i));
            }

            Assert.Equal(0, sum);
        });

        Assert.Equal(0, state.RmRelease(Fakes.Address(0)));

        Assert.Equal(16L * children * (children + 1) / 2, sum);
        Assert.Equal((0, children + 1), (state.Statistics.LiveBlocks, state.Statistics.Frees));
        state.Verify();
    }

    private static void AssertEmpty(RmState state)
    {
        Assert.Equal((0, Length, Length), (state.Statistics.LiveBlocks, state.Statistics.Frees, state.Statistics.Releases));
        state.Verify();
    }

    private static void OnSmallStack(Action work) => OnThread.Start(work, SmallStack)();

    [UnmanagedCallersOnly]
    private static void ReleaseNext(void* block)
    {
        _calls++;
        if ((nint)block < Fakes.Address(Length - 1))
        {
            _state!.RmRelease((nint)block + 16);
        }
    }

    [UnmanagedCallersOnly]
    private static void ReleaseNextOfContext(void* block, void* context)
    {
        if ((nint)block < Fakes.Address(Length - 1))
        {
            ((RmState)GCHandle.FromIntPtr((nint)context).Target!).RmRelease((nint)block + 16);
        }
    }
}
