using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Violations;

namespace Rm.Tests.Diagnostics;

/// <summary>A guard finds what its states leaked, frees it, and ends them.</summary>
public sealed class LeakGuardTests
{
    [Fact]
    public void StatesThatGaveEverythingBackAreEnded()
    {
        RmState state;
        using (var guard = new RmLeakGuard())
        {
            state = guard.NewState("clean");
            state.RmRelease(state.RmMalloc(8));
        }

        Assert.True(state.IsDisposed);
        Assert.Equal("clean", state.Name);
    }

    [Fact]
    public void ALeakNamesItsStateAndSite()
    {
        var allocator = new CountingAllocator();
        var guard = new RmLeakGuard();
        RmState state = guard.Watch(new RmState(new RmStateOptions { Name = "leaky", Allocator = allocator, Level = RmDiagnosticsLevel.Sites }));
        state.RmMalloc(8, "Leak.cs", 5);

        Assert.Throws<LeakException>(guard.Check);
        LeakException leak = Assert.Throws<LeakException>(guard.Dispose);

        guard.Dispose();
        Assert.Contains("'leaky'", leak.Message, StringComparison.Ordinal);
        Assert.Contains("Leak.cs:5: 1 blocks, 8 bytes", leak.Message, StringComparison.Ordinal);
        Assert.True(state.IsDisposed);
        Assert.Null(allocator.Complaint());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatDisposalFreedCountsUnlessItIsForgiven(bool counts)
    {
        var guard = new RmLeakGuard { IncludesEndedBlocks = counts };
        using (RmState state = guard.NewState())
        {
            state.RmMalloc(8, "Leak.cs", 5);
        }

        LeakException? leak = (LeakException?)Record.Exception(guard.Dispose);

        Assert.Equal(counts, leak?.Message.Contains("Leak.cs:5", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void EveryStateIsTold()
    {
        var guard = new RmLeakGuard();
        guard.NewState("a").RmMalloc(1);
        guard.NewState("b");
        RmState refusing = guard.Watch(new RmState(new RmStateOptions { Name = "c", DisposePolicy = RmDisposePolicy.ThrowIfLive }));
        nint block = refusing.RmMalloc(1);

        AggregateException all = Assert.Throws<AggregateException>(guard.Dispose);

        Assert.Equal(["'a'", "'c'"], all.InnerExceptions.Select(e => Assert.IsType<LeakException>(e).Message.Split(' ')[2]), StringComparer.Ordinal);
        Assert.Throws<LiveBlocksException>(refusing.Dispose);
        refusing.RmRelease(block);
        refusing.Dispose();
    }
}
