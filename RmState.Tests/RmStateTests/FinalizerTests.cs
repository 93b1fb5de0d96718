using System.Runtime.CompilerServices;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>A state that nobody disposed reports its leak, gives its table back and leaves the blocks alone.</summary>
public sealed class FinalizerTests : LeakChecked
{
    [Fact]
    public void DroppedStateReportsItsLeakOnTheThreadPoolAndFreesNoBlock()
    {
        CountingAllocator allocator = NewAllocator();
        CountingTableMemory memory = NewTableMemory();
        var reported = new TaskCompletionSource<(RmLeakReport Report, bool OnPool)>(TaskCreationOptions.RunContinuationsAsynchronously);
        nint attached = Blocks.Malloc();
        (WeakReference state, nint own) = Drop(
            new RmStateOptions
            {
                Name = "dropped",
                Allocator = allocator,
                TableMemory = memory,
                OnLeak = report => reported.TrySetResult((report, Thread.CurrentThread.IsThreadPoolThread)),
            },
            attached);

        (RmLeakReport report, bool onPool) = Await(reported.Task);

        Assert.False(state.IsAlive);
        Assert.True(onPool);
        Assert.Equal(("dropped", 2, 100), (report.StateName, report.LiveBlocks, report.LiveBytes));
        Assert.Equal(new[] { own, attached }.Order(), report.Blocks.Select(b => b.Address).Order());
        Assert.True(allocator.Holds(own));
        Assert.Empty(Blocks.Freed);
        Assert.Equal(0, memory.Outstanding);
        allocator.FreeDetached(own);
        Blocks.Free(attached);
    }

    [Fact]
    public void DroppedEmptyStateReportsNothing()
    {
        int reports = 0;
        CountingTableMemory memory = NewTableMemory();
        WeakReference state = DropEmpty(new RmStateOptions { TableMemory = memory, OnLeak = _ => Interlocked.Increment(ref reports) });

        Collect(() => !state.IsAlive && memory.Outstanding == 0);

        // A leak dropped later is reported later.
        var reported = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        nint attached = Blocks.Malloc();
        DropOne(new RmStateOptions { OnLeak = _ => reported.TrySetResult(true) }, attached, Blocks);
        Assert.True(Await(reported.Task));
        Assert.Equal(0, Volatile.Read(ref reports));
        Blocks.Free(attached);
    }

    [Fact]
    public void WhatTheCallbackThrowsIsSwallowed()
    {
        var called = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        nint attached = Blocks.Malloc();
        DropOne(
            new RmStateOptions
            {
                OnLeak = _ =>
                {
                    called.TrySetResult(true);
                    throw new FormatException("nobody sees this");
                },
            },
            attached,
            Blocks);

        // An exception that escaped on the thread pool would end the process.
        Assert.True(Await(called.Task));
        Blocks.Free(attached);
    }

    [Fact]
    public void DisposedStateIsNotFinalized()
    {
        int reports = 0;
        WeakReference state = DropDisposed(new RmStateOptions { OnLeak = _ => reports++ });

        Collect(() => !state.IsAlive);

        Assert.Equal(1, reports);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference State, nint Own) Drop(RmStateOptions options, nint attached)
    {
        var state = new RmState(options);
        nint own = state.RmMalloc(100);
        state.RmRetain(own);
        state.RmAttach(attached, _ => Assert.Fail("a finalizer must not run deallocators"));
        return (new WeakReference(state), own);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference DropEmpty(RmStateOptions options)
    {
        var state = new RmState(options);
        state.RmRelease(state.RmMalloc(100));
        return new WeakReference(state);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DropOne(RmStateOptions options, nint attached, NativeBlocks blocks) =>
        new RmState(options).RmAttach(attached, blocks.Free);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference DropDisposed(RmStateOptions options)
    {
        var state = new RmState(options);
        state.RmMalloc(100);
        state.Dispose();
        return new WeakReference(state);
    }

    private static T Await<T>(Task<T> task)
    {
        Collect(() => task.IsCompleted || task.Wait(TimeSpan.FromMilliseconds(20)));
        return task.Result;
    }

    private static void Collect(Func<bool> done)
    {
        for (int i = 0; i < 500 && !done(); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.True(done(), "the state was not finalized");
    }
}
