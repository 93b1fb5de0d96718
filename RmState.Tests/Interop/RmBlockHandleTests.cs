using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Interop;
using Rm.Violations;

namespace Rm.Tests.Interop;

/// <summary>A handle owns one reference, gives it back once, and never touches the state from the wrong thread.</summary>
public sealed unsafe class RmBlockHandleTests : IDisposable
{
    private readonly ReusingAllocator _allocator = new();
    private readonly RmState _state;

    public RmBlockHandleTests() => _state = new RmState(new RmStateOptions { Allocator = _allocator });

    public void Dispose()
    {
        _state.Dispose();
        _allocator.Dispose();
    }

    [Fact]
    public void RetainAddsAReferenceOfItsOwn()
    {
        nint block = _state.RmMalloc(64);
        RmBlockHandle handle = RmBlockHandle.Retain(_state, block);
        Assert.Equal(2, _state.RmCount(block));
        Assert.Equal(block, handle.Block);
        Assert.Equal(block, handle.DangerousGetHandle());
        Assert.Same(_state, handle.State);
        Assert.False(handle.IsInvalid);

        Assert.Equal(1, _state.RmRelease(block));
        handle.Dispose();
        Assert.Equal(0, _allocator.Outstanding);
    }

    [Fact]
    public void OwnTakesTheCallersReferenceOver()
    {
        nint block = _state.RmMalloc(64);
        using (RmBlockHandle.Own(_state, block))
        {
            Assert.Equal(1, _state.RmCount(block));
        }

        Assert.False(_state.RmContains(block));
        Assert.Equal(0, _allocator.Outstanding);
    }

    [Fact]
    public void PointerOverloadsMeanTheSame()
    {
        int* block = _state.RmMalloc<int>();
        using RmBlockHandle own = RmBlockHandle.Own(_state, block);
        using RmBlockHandle retained = RmBlockHandle.Retain(_state, block);
        Assert.Equal(2, _state.RmCount((nint)block));
    }

    [Fact]
    public void DisposingTwiceReleasesOnce()
    {
        nint block = _state.RmMalloc(64);
        RmBlockHandle handle = RmBlockHandle.Retain(_state, block);
        handle.Dispose();
        handle.Dispose();

        Assert.Equal(1, _state.RmCount(block));
        Assert.True(handle.IsClosed);
        Assert.Throws<ObjectDisposedException>(() => handle.Block);
    }

    [Fact]
    public void ARunningCallKeepsTheReference()
    {
        nint block = _state.RmMalloc(64);
        RmBlockHandle handle = RmBlockHandle.Own(_state, block);
        bool added = false;
        handle.DangerousAddRef(ref added);
        handle.Dispose();
        Assert.Equal(1, _state.RmCount(block));

        handle.DangerousRelease();
        Assert.False(_state.RmContains(block));
    }

    [Fact]
    public void TheMarshallerPassesTheBlock()
    {
        nint block = _state.RmCalloc(1, 16);
        "seven__"u8.CopyTo(new Span<byte>((void*)block, 16));
        using RmBlockHandle handle = RmBlockHandle.Own(_state, block);

        Assert.Equal(7, StrLen(handle));
        Assert.Equal(1, _state.RmCount(block));
    }

    [Fact]
    public void AClosedHandleIsNotPassed()
    {
        RmBlockHandle handle = RmBlockHandle.Own(_state, _state.RmMalloc(64));
        handle.Dispose();
        Assert.Throws<ObjectDisposedException>(() => StrLen(handle));
    }

    [Fact]
    public void AForgottenHandleLeavesItsReferenceToTheOwner()
    {
        nint block = _state.RmMalloc(64);
        Forget(block);
        CollectEverything();

        Assert.Equal(2, _state.RmCount(block));
        Assert.Equal(1, _state.ReleaseAbandoned());
        Assert.Equal(1, _state.RmCount(block));
        Assert.Equal(0, _state.ReleaseAbandoned());
    }

    [Fact]
    public void AnAbandonedHandleWaitsForTheOwner()
    {
        nint block = _state.RmMalloc(64);
        RmBlockHandle handle = RmBlockHandle.Retain(_state, block);
        OnAnotherThread(() =>
        {
            handle.Abandon();
            handle.Abandon();
            handle.Dispose();
        });

        Assert.True(handle.IsClosed);
        Assert.Equal(2, _state.RmCount(block));
        Assert.Equal(1, _state.ReleaseAbandoned());
        Assert.Equal(1, _state.RmCount(block));
    }

    [Fact]
    public void AbandoningADisposedHandleDoesNothing()
    {
        nint block = _state.RmMalloc(64);
        RmBlockHandle handle = RmBlockHandle.Retain(_state, block);
        handle.Dispose();
        handle.Abandon();

        Assert.Equal(0, _state.ReleaseAbandoned());
        Assert.Equal(1, _state.RmCount(block));
    }

    [Fact]
    public void AbandoningFromManyThreadsWhileTheOwnerReleasesLosesNothing()
    {
        const int threadCount = 4;
        const int each = 500;
        nint block = _state.RmMalloc(64);
        var handles = new RmBlockHandle[threadCount * each];
        for (int i = 0; i < handles.Length; i++)
        {
            handles[i] = RmBlockHandle.Retain(_state, block);
        }

        using var start = new Barrier(threadCount + 1);
        Thread[] threads = [.. Enumerable.Range(0, threadCount).Select(t => new Thread(() =>
        {
            start.SignalAndWait();
            for (int i = t * each; i < (t + 1) * each; i++)
            {
                handles[i].Abandon();
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        start.SignalAndWait();
        int released = 0;
        while (threads.Any(t => t.IsAlive))
        {
            released += _state.ReleaseAbandoned();
        }

        released += _state.ReleaseAbandoned();
        Assert.Equal(handles.Length, released);
        Assert.Equal(1, _state.RmCount(block));
    }

    [Fact]
    public void AfterTheStatesDisposalReleasingDoesNothing()
    {
        RmBlockHandle disposed = RmBlockHandle.Own(_state, _state.RmMalloc(64));
        RmBlockHandle abandoned = RmBlockHandle.Own(_state, _state.RmMalloc(64));
        _state.Dispose();
        Assert.Equal(0, _allocator.Outstanding);

        disposed.Dispose();
        abandoned.Abandon();
        Assert.True(disposed.IsClosed);
        Assert.Throws<ObjectDisposedException>(() => _state.ReleaseAbandoned());
    }

    [Fact]
    public void AfterAResetItNeverReleasesAStranger()
    {
        nint block = _state.RmMalloc(64);
        RmBlockHandle disposed = RmBlockHandle.Own(_state, block);
        RmBlockHandle abandonedBefore = RmBlockHandle.Retain(_state, block);
        RmBlockHandle abandonedAfter = RmBlockHandle.Retain(_state, block);
        abandonedBefore.Abandon();
        _state.Reset();
        Assert.Equal(block, _state.RmMalloc(64));
        using RmBlockHandle stranger = RmBlockHandle.Retain(_state, block);

        disposed.Dispose();
        abandonedAfter.Abandon();
        Assert.Equal(0, _state.ReleaseAbandoned());
        Assert.Equal(2, _state.RmCount(block));
    }

    [Fact]
    public void WhatCannotBeRetainedMakesNoHandle()
    {
        Assert.Throws<ArgumentNullException>(() => RmBlockHandle.Retain(null!, 1));
        Assert.Throws<ArgumentNullException>(() => RmBlockHandle.Own(null!, 1));
        Assert.Throws<ArgumentNullException>(() => RmBlockHandle.Retain(_state, 0));
        Assert.Throws<ArgumentNullException>(() => RmBlockHandle.Own(_state, 0));
        Assert.Throws<UntrackedPointerException>(() => RmBlockHandle.Retain(_state, 0x1230));
        Assert.Throws<UntrackedPointerException>(() => RmBlockHandle.Own(_state, 0x1230));

        var inside = new List<Exception?>();
        _state.RmAttach(0x1230, b =>
        {
            inside.Add(Record.Exception(() => RmBlockHandle.Retain(_state, b)));
            inside.Add(Record.Exception(() => RmBlockHandle.Own(_state, b)));
        });
        _state.RmRelease(0x1230);
        Assert.All(inside, e => Assert.IsType<FinalizingBlockException>(e));
        Assert.Equal(2, inside.Count);

        _state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => RmBlockHandle.Retain(_state, 0x1230));
        Assert.Throws<ObjectDisposedException>(() => RmBlockHandle.Own(_state, 0x1230));
    }

    [Fact]
    public void AFullCountMakesNoHandleAndChangesNothing()
    {
        nint block = _state.RmMalloc(64);
        _state.PresetCount(block, long.MaxValue);
        Assert.Throws<OverflowException>(() => RmBlockHandle.Retain(_state, block));

        Assert.Equal(long.MaxValue, _state.RmCount(block));
        CollectEverything();
        Assert.Equal(0, _state.ReleaseAbandoned());
        _state.PresetCount(block, 1);
    }

    [Fact]
    public void ADeallocatorsExceptionSurfacesAndTheReferenceIsGone()
    {
        var failure = new IOException("cannot unmap");
        _state.RmAttach(0x1230, _ => throw failure);
        RmBlockHandle handle = RmBlockHandle.Own(_state, 0x1230);

        Assert.Same(failure, Assert.Throws<IOException>(handle.Dispose));
        Assert.True(handle.IsClosed);
        Assert.False(_state.RmContains(0x1230));
        handle.Dispose();
    }

    [Fact]
    public void ReleasingAbandonedOnesFinishesBeforeAnExceptionSurfaces()
    {
        var failures = new[] { new IOException("one"), new IOException("two") };
        nint good = _state.RmMalloc(64);
        _state.RmAttach(0x1230, _ => throw failures[0]);
        _state.RmAttach(0x4560, _ => throw failures[1]);
        nint[] blocks = [0x1230, 0x4560, good];
        RmBlockHandle[] handles = [.. blocks.Select(b => RmBlockHandle.Own(_state, b))];

        handles[0].Abandon();
        handles[2].Abandon();
        Assert.Same(failures[0], Assert.Throws<IOException>(() => _state.ReleaseAbandoned()));
        Assert.Equal(0, _allocator.Outstanding);

        _state.RmAttach(0x1230, _ => throw failures[0]);
        RmBlockHandle.Own(_state, 0x1230).Abandon();
        handles[1].Abandon();
        var both = Assert.Throws<AggregateException>(() => _state.ReleaseAbandoned());
        Assert.Equivalent(failures, both.InnerExceptions);
        Assert.Equal(0, _state.ReleaseAbandoned());
        Assert.Equal(0, _state.Statistics.LiveBlocks);
    }

    [Fact]
    public void AReleaseThatMeetsAnotherCallIsNotLost()
    {
        nint block = _state.RmMalloc(64);
        RmBlockHandle disposed = RmBlockHandle.Retain(_state, block);
        RmBlockHandle.Retain(_state, block).Abandon();
        var inside = new List<Exception?>();
        _allocator.OnAllocate = () =>
        {
            inside.Add(Record.Exception(disposed.Dispose));
            inside.Add(Record.Exception(() => _state.ReleaseAbandoned()));
        };
        _state.RmMalloc(64);
        _allocator.OnAllocate = null;

        Assert.All(inside, e => Assert.True(e is ConcurrentUseException or AggregateException, $"{e}"));
        Assert.Equal(2, inside.Count);
        Assert.Equal(3, _state.RmCount(block));
        Assert.Equal(2, _state.ReleaseAbandoned());
        Assert.Equal(1, _state.RmCount(block));
    }

    [Fact]
    public void ADeallocatorMayDisposeAHandle()
    {
        nint inner = _state.RmMalloc(64);
        RmBlockHandle handle = RmBlockHandle.Own(_state, inner);
        _state.RmAttach(0x1230, _ => handle.Dispose());
        _state.RmRelease(0x1230);

        Assert.False(_state.RmContains(inner));
        Assert.Equal(0, _allocator.Outstanding);
    }

    [Fact]
    public void AHandleWhoseReferenceSomebodyElseReleasedReportsIt()
    {
        var violations = new List<MemoryViolationException>();
        using var state = new RmState(new RmStateOptions { Allocator = _allocator, OnViolation = violations.Add });
        nint block = state.RmMalloc(64);
        RmBlockHandle handle = RmBlockHandle.Own(state, block);
        state.RmRelease(block);
        Assert.Equal(block, state.RmMalloc(64));
        handle.Dispose();
        handle.Dispose();

        Assert.Equal(1, state.RmCount(block));
        Assert.Equal(block, Assert.IsType<StaleReferenceException>(Assert.Single(violations)).Block);
        Assert.Equal(1, state.Statistics.Violations);
    }

    [Fact]
    public void AHandleDisposedAfterAResetReportsIt()
    {
        var violations = new List<MemoryViolationException>();
        var state = new RmState(new RmStateOptions { Allocator = _allocator, OnViolation = violations.Add });
        RmBlockHandle late = RmBlockHandle.Own(state, state.RmMalloc(64));
        RmBlockHandle abandoned = RmBlockHandle.Own(state, state.RmMalloc(64));
        RmBlockHandle afterDisposal = RmBlockHandle.Own(state, state.RmMalloc(64));
        abandoned.Abandon();
        state.Reset();
        Assert.Equal(0, state.ReleaseAbandoned());
        Assert.Empty(violations);

        late.Dispose();
        Assert.IsType<StaleReferenceException>(Assert.Single(violations));
        state.Dispose();
        afterDisposal.Dispose();
        Assert.Single(violations);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Forget(nint block) => RmBlockHandle.Retain(_state, block);

    private static void CollectEverything()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static void OnAnotherThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(action));
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    [DllImport("libc", EntryPoint = "strlen")]
    private static extern nint StrLen(RmBlockHandle text);
}
