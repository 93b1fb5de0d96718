namespace Rm.Tests.Samples;

/// <summary>A state over an allocator that is not malloc.</summary>
public sealed class AllocatorSample
{
    [Fact]
    public void ABudgetIsKept()
    {
        #region own-allocator
        var budget = new BudgetAllocator(limit: 1 << 20);
        using var state = new RmState(new RmStateOptions { Allocator = budget });

        nint half = state.RmMalloc(1 << 19);
        bool fits = state.RmTryMalloc(1 << 20, out nint block);   // false: the budget says no, and nothing changed
        state.RmRelease(half);
        bool fitsNow = state.RmTryMalloc(1 << 20, out block);     // true
        #endregion

        Assert.False(fits);
        Assert.True(fitsNow);
        Assert.Equal(1u << 20, budget.Used);
        block = state.RmRealloc(block, 1000);
        Assert.Equal(1000u, budget.Used);
        Assert.False(state.RmTryRealloc(block, (1 << 20) + 1, out _));
        state.RmRelease(block);
        Assert.Equal(0u, budget.Used);
    }
}
