using Rm.Arenas;
using Rm.Diagnostics;
using Rm.Tests.Faults;

namespace Rm.Tests.LeakCheck;

/// <summary>The leak check itself: it is of use only if it finds leaks.</summary>
public sealed class LeakCheckerTests
{
    private readonly LeakChecker _checker = new();

    [Fact]
    public void TestThatGivesEverythingBackPasses()
    {
        RmState state = _checker.Watch(new RmState());
        nint block = state.RmMalloc(100);
        Assert.Equal(0, state.RmRelease(block));

        _checker.Check();

        Assert.True(state.IsDisposed);
    }

    [Fact]
    public void BlockLeftInAStateIsFound()
    {
        var allocator = new CountingAllocator();
        RmState state = _checker.Watch(new RmState(new RmStateOptions { Name = "leaky", Allocator = allocator }));
        nint block = state.RmMalloc(123);

        LeakException leak = Assert.Throws<LeakException>(_checker.Check);

        Assert.Contains("leaky", leak.Message, StringComparison.Ordinal);
        Assert.Contains("123 bytes", leak.Message, StringComparison.Ordinal);
        Assert.False(allocator.Holds(block), "the checker frees what it found");
    }

    [Fact]
    public void DetachedBlockOfTheAllocatorIsFound()
    {
        var allocator = new CountingAllocator();
        _checker.Watch(allocator.Complaint);
        RmState state = _checker.Watch(new RmState(new RmStateOptions { Allocator = allocator }));
        nint block = state.RmMalloc(8);
        Assert.Equal(0, state.RmDetach(block));

        LeakException leak = Assert.Throws<LeakException>(_checker.Check);

        Assert.Contains("1 blocks of the allocator were not freed", leak.Message, StringComparison.Ordinal);
        allocator.FreeDetached(block);
        Assert.Null(allocator.Complaint());
    }

    [Fact]
    public void BlockFreedTwiceIsFound()
    {
        var allocator = new CountingAllocator();
        _checker.Watch(allocator.Complaint);
        nint block = allocator.Allocate(8);
        allocator.Free(block, 8, 0);
        allocator.Free(block, 8, 0);

        LeakException leak = Assert.Throws<LeakException>(_checker.Check);

        Assert.Contains("freed but not held", leak.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BlockFreedWithAnotherSizeOrAlignmentIsFound()
    {
        var allocator = new CountingAllocator();
        allocator.Free(allocator.Allocate(8), 9, 0);
        allocator.Free(allocator.AllocateAligned(8, 64), 8, 0);

        Assert.Equal(2, allocator.Complaint()!.Split("but allocated as").Length - 1);
    }

    [Fact]
    public void TableAreaLeftBehindIsFound()
    {
        var memory = new CountingTableMemory();
        _checker.Watch(memory.Complaint);
        nint area = memory.Take(4096);

        LeakException leak = Assert.Throws<LeakException>(_checker.Check);

        Assert.Contains("1 areas", leak.Message, StringComparison.Ordinal);
        Assert.Equal(0u, memory.GiveBack(area, 4096, 4096, 65536));
        Assert.Null(memory.Complaint());
    }

    [Fact]
    public void VirtualMemoryLeftBehindIsFound()
    {
        var memory = new FaultyVirtualMemory();
        _checker.Watch(memory.Complaint);
        nint reservation = memory.Reserve(100_000, 65536);
        nint block = memory.AllocateAligned(100, 64);

        LeakException leak = Assert.Throws<LeakException>(_checker.Check);

        Assert.Contains("1 reservations were not released, 1 aligned blocks", leak.Message, StringComparison.Ordinal);
        Assert.True(memory.Release(reservation, 100_000));
        memory.FreeAligned(block, 64);
        Assert.Null(memory.Complaint());
    }

    [Fact]
    public void VirtualMemoryUsedWronglyIsFound()
    {
        var memory = new FaultyVirtualMemory();
        nuint page = memory.PageSize;
        nint start = memory.Reserve(4 * page, page);
        Action[] wrong =
        [
            () => memory.Commit(start + 1, page),
            () => memory.Commit(start, page + 1),
            () => memory.Commit(start, 5 * page),
            () => memory.Decommit(start - (nint)page, page),
            () => memory.Release(start, page),
            () => memory.Move(start, 4 * page, page, start, page),
            () => memory.FreeAligned(start, 16),
        ];
        Assert.All(wrong, (misuse, i) =>
        {
            misuse();
            Assert.Equal(i + 1, memory.Complaint()!.Split("misuses: ")[1].Split("; ").Length);
        });
        Assert.True(memory.Release(start, 4 * page));
    }

    [Fact]
    public void ReservationThatThePlanKeepsIsNoLeak()
    {
        var plan = new FaultPlan { FailAt = 2 };
        var memory = new FaultyVirtualMemory(plan);
        nint start = memory.Reserve(100_000, 65536);

        Assert.False(memory.Release(start, 100_000));

        Assert.Equal(0, memory.Reservations);
        Assert.Null(memory.Complaint());
    }

    [Fact]
    public void CorruptArenaIsFound()
    {
        Arena arena = _checker.Watch(new Arena());
        nint block = arena.CreateHeap().Allocate(100);
        ulong entry = arena.FindEntry(block);
        arena.SetEntry(block, 1, 0);

        LeakException leak = Assert.Throws<LeakException>(_checker.Check);

        Assert.Contains("is corrupt", leak.Message, StringComparison.Ordinal);
        arena.SetEntry(block, 1, entry);
        arena.Dispose();
    }

    [Fact]
    public void NativeBlockNeverFreedOrFreedTwiceIsFound()
    {
        var blocks = new NativeBlocks();
        nint block = blocks.Malloc();
        Assert.NotNull(blocks.Complaint());
        blocks.Free(block);
        Assert.Null(blocks.Complaint());
        blocks.Free(block);
        Assert.NotNull(blocks.Complaint());
    }

    [Fact]
    public void DisposingATestThatLeaksFailsIt()
    {
        var test = new LeakingTest();
        test.Leak();
        Assert.Throws<LeakException>(test.Dispose);
    }

    /// <summary>A test class that forgot its base class would leak unseen.</summary>
    [Fact]
    public void EveryTestClassOfStatesAndAllocatorsIsLeakChecked()
    {
        string[] watched = ["Rm.Tests.RmStateTests", "Rm.Tests.Counting", "Rm.Tests.Memory", "Rm.Tests.Arenas"];
        Type[] tests = [.. typeof(LeakChecked).Assembly.GetTypes()
            .Where(t => watched.Contains(t.Namespace, StringComparer.Ordinal) && t.IsPublic && !t.IsAbstract)
            .Where(t => t.GetMethods().Any(m => m.IsDefined(typeof(FactAttribute), inherit: true)))];

        Assert.True(tests.Length >= 20, $"only {tests.Length} test classes found: the namespaces are not what this test thinks");
        Assert.All(tests, t => Assert.True(t.IsSubclassOf(typeof(LeakChecked)), $"{t} does not derive from LeakChecked"));
    }

    private sealed class LeakingTest : LeakChecked
    {
        public void Leak() => NewState().RmMalloc(1);
    }
}
