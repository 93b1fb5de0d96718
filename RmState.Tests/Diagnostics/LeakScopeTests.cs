using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Diagnostics;

/// <summary>A scope finds what came inside and lives, says where it came from, and loses no other exception.</summary>
public sealed class LeakScopeTests : LeakChecked
{
    [Fact]
    public void WhatCameAndWentIsNoLeak()
    {
        RmState state = NewState();
        nint early = state.RmMalloc(8);
        using (state.BeginLeakScope())
        {
            nint block = state.RmMalloc(8);
            state.RmRelease(early);
            state.RmRelease(block);
        }
    }

    [Fact]
    public void ALeakIsNamedWithItsHolders()
    {
        RmState state = NewState(new RmStateOptions { Name = "decoder", Level = RmDiagnosticsLevel.Sites });
        nint early = state.RmMalloc(1000, "Early.cs", 1);
        RmLeakScope scope = state.BeginLeakScope(null, "Test.cs", 12);
        nint[] blocks = [.. Enumerable.Range(0, 7).Select(i => state.RmMalloc(10, "Frame.cs", i < 4 ? 88 : 99))];
        RmHold hold = state.RmRetainAs(blocks[0], "Player.cs", 31);

        LeakException leak = Assert.Throws<LeakException>(scope.Dispose);

        scope.Dispose();
        Assert.Equal(blocks.Order(), leak.Blocks.Select(block => block.Address).Order());
        Assert.Equal(["Frame.cs:88: 4 blocks, 40 bytes", "Frame.cs:99: 3 blocks, 30 bytes"], leak.Sites.Select(site => site.ToString()), StringComparer.Ordinal);
        string[] lines = leak.Message.Split('\n');
        Assert.Equal("7 blocks live that came since the leak scope at Test.cs:12 began, 70 bytes of known size, in the state 'decoder'. Release or detach them.", lines[0]);
        Assert.Equal(["  Frame.cs:88: 4 blocks, 40 bytes", "  Frame.cs:99: 3 blocks, 30 bytes"], lines[1..3]);
        Assert.Equal($"  0x{blocks[0]:x}: count 2, 10 bytes, Frame.cs:88; 1 since Frame.cs:88; 1 held: Player.cs:31", lines[3]);
        Assert.Equal("  and 2 more blocks", lines[^1]);
        Assert.Null(leak.InnerException);
        hold.Dispose();
        Array.ForEach([early, .. blocks], block => state.RmRelease(block));
    }

    [Fact]
    public void AtLevelCountersTheSitesAreUnknown()
    {
        RmState state = NewState();
        RmLeakScope scope = state.BeginLeakScope();
        nint block = state.RmMalloc(10);

        LeakException leak = Assert.Throws<LeakException>(scope.Dispose);

        Assert.Contains("\n  unknown site: 1 blocks, 10 bytes\n", leak.Message, StringComparison.Ordinal);
        Assert.Contains("RmDiagnosticsLevel.Sites", leak.Message, StringComparison.Ordinal);
        state.RmRelease(block);
    }

    [Theory]
    [InlineData(RmDiagnosticsLevel.Counters)]
    [InlineData(RmDiagnosticsLevel.Sites)]
    public void ABlockThatMovedIsNoLeak(RmDiagnosticsLevel level)
    {
        RmState state = NewState(new RmStateOptions { Level = level });
        nint block = state.RmMalloc(10);
        nint wall = state.RmMalloc(10);
        nint moved;
        using (state.BeginLeakScope())
        {
            moved = state.RmRealloc(block, 1_000_000);
        }

        Assert.NotEqual(block, moved);
        RmLeakScope scope = state.BeginLeakScope();
        moved = state.RmRealloc(moved, 10);
        nint leaked = state.RmMalloc(4000);
        Assert.Throws<LeakException>(scope.Dispose);
        Array.ForEach([moved, wall, leaked], released => state.RmRelease(released));
    }

    [Fact]
    public void SomeMayBeTolerated()
    {
        RmState state = NewState();
        List<nint> cache = [];
        using (state.BeginLeakScope(new RmLeakScopeOptions { ToleratedBlocks = 2 }))
        {
            cache.AddRange([state.RmMalloc(1), state.RmMalloc(1)]);
        }

        RmLeakScope scope = state.BeginLeakScope(new RmLeakScopeOptions { ToleratedBlocks = 2 });
        cache.AddRange([state.RmMalloc(1), state.RmMalloc(1), state.RmMalloc(1)]);
        Assert.Contains("; 2 are tolerated", Assert.Throws<LeakException>(scope.Dispose).Message, StringComparison.Ordinal);
        cache.ForEach(block => state.RmRelease(block));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.BeginLeakScope(new RmLeakScopeOptions { ToleratedBlocks = -1 }));
    }

    [Fact]
    public void ACallbackHearsOfItInsteadOfAnException()
    {
        RmState state = NewState();
        List<LeakException> heard = [];
        nint block;
        using (state.BeginLeakScope(new RmLeakScopeOptions { OnLeak = heard.Add }))
        {
            block = state.RmMalloc(1);
        }

        Assert.Equal(block, Assert.Single(Assert.Single(heard).Blocks).Address);
        state.RmRelease(block);
    }

    [Fact]
    public void AnExceptionOnItsWayIsTheInnerOne()
    {
        RmState state = NewState();
        nint block = 0;
        LeakException leak = Assert.Throws<LeakException>((Action)(() =>
        {
            using RmLeakScope scope = state.BeginLeakScope();
            block = state.RmMalloc(1);
            throw new FormatException("the cause");
        }));
        Assert.Equal("the cause", Assert.IsType<FormatException>(leak.InnerException).Message);
        Assert.Throws<FormatException>((Action)(() =>
        {
            using RmLeakScope scope = state.BeginLeakScope();
            throw new FormatException("without a leak it passes");
        }));
        state.RmRelease(block);
    }

    [Fact]
    public async Task ExceptionsAreFoundAcrossAwaitsAndNotThoseOfOthers()
    {
        RmState state = NewState();
        nint block = 0;
        LeakException leak = await Assert.ThrowsAsync<LeakException>(async () =>
        {
            using RmLeakScope scope = state.BeginLeakScope();
            await Task.Yield();
            block = state.RmMalloc(1);
            throw new FormatException();
        });
        Assert.IsType<FormatException>(leak.InnerException);
        state.RmRelease(block);

        RmLeakScope other = state.BeginLeakScope();
        block = state.RmMalloc(1);
        var stranger = new Thread(() => Assert.Throws<FormatException>(() => int.Parse("x")));
        stranger.UnsafeStart();
        stranger.Join();

        Assert.Null(Assert.Throws<LeakException>(other.Dispose).InnerException);
        state.RmRelease(block);
    }

    [Fact]
    public void NestedScopesTellALeakOnce()
    {
        RmState state = NewState();
        nint inside = 0;
        nint outside = 0;
        using (state.BeginLeakScope())
        {
            LeakException leak = Assert.Throws<LeakException>(() =>
            {
                using RmLeakScope inner = state.BeginLeakScope();
                inside = state.RmMalloc(1);
            });
            Assert.Single(leak.Blocks);
        }

        RmLeakScope outer = state.BeginLeakScope();
        Assert.Throws<LeakException>(() =>
        {
            using RmLeakScope inner = state.BeginLeakScope();
            outside = state.RmMalloc(1);
        });
        nint another = state.RmMalloc(2);
        Assert.Equal([another], Assert.Throws<LeakException>(outer.Dispose).Blocks.Select(block => block.Address));
        Array.ForEach([inside, outside, another], block => state.RmRelease(block));
    }

    [Fact]
    public void AStateThatEndsInsideIsNotAsked()
    {
        RmState state = NewState();
        using (state.BeginLeakScope())
        {
            state.RmAttach(Fakes.Address(1), Fakes.Leave);
            state.Dispose();
        }
    }

    [Fact]
    public void BalancedIsSilentAndUnbalancedNamesEverySite()
    {
        RmState state = NewState(new RmStateOptions { Name = "books", Level = RmDiagnosticsLevel.Sites });
        state.AssertBalanced();
        nint[] blocks = [.. Enumerable.Range(1, 30).Select(line => state.RmMalloc(2, "Books.cs", line))];

        LeakException leak = Assert.Throws<LeakException>(state.AssertBalanced);

        Assert.StartsWith("The state 'books' is not balanced: 30 blocks live, 60 bytes of known size. Release or detach them.\n", leak.Message, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(1, 30), line => Assert.Contains($"\n  Books.cs:{line}: 1 blocks, 2 bytes\n", leak.Message, StringComparison.Ordinal));
        Assert.IsAssignableFrom<MemoryViolationException>(leak);
        Assert.Equal(0, state.Statistics.Violations);
        Array.ForEach(blocks, block => state.RmRelease(block));
        state.Dispose();
        state.AssertBalanced();
    }
}
