using Rm.Diagnostics;
using Rm.Tests.Contracts;
using Rm.Tests.Faults;

namespace Rm.Tests.Diagnostics;

/// <summary>
/// A fixed run of calls on a guarded allocator whose system and whose inner allocator refuse as a plan says. What fails must have
/// changed nothing, and is repeated, so that the run always comes to the same end.
/// </summary>
internal sealed class GuardedFaultScenario(GuardedAllocator allocator, CountingAllocator inner, FaultPlan plan)
{
    /// <summary>How many blocks the allocator guards at once.</summary>
    public const int MaxBlocks = 6;

    private static readonly nuint[] Sizes = [1, 13, 100, 4096, 5000, 70_000, 0, 16, 300, 9000];

    private readonly List<HeldBlock> _held = [];

    /// <summary>Allocations that failed.</summary>
    public int Refused { get; private set; }

    public void Run()
    {
        for (int i = 0; i < 3 * Sizes.Length; i++)
        {
            nuint size = Sizes[i % Sizes.Length];
            nuint alignment = i % 4 == 3 ? 256u : 0;
            nint block = Attempt(() => alignment == 0 ? allocator.Allocate(size) : allocator.AllocateAligned(size, alignment));
            _held.Add(Filled(block, size, alignment, i));
            if (i % 3 == 2)
            {
                Resize(_held.Count / 2, size, i);
            }

            if (_held.Count > MaxBlocks + 2)
            {
                Free(_held[0]);
            }
        }

        Array.ForEach([.. _held], Free);
        Assert.Equal((0, 0), (allocator.Statistics.LiveGuarded, inner.Outstanding));
    }

    private void Resize(int index, nuint size, int seed)
    {
        HeldBlock old = _held[index];
        nint moved = Attempt(() => allocator.Reallocate(old.Address, old.Size, size, old.Alignment), old);
        Assert.Equal(-1, BlockBytes.FindDifference(moved, old, nuint.Min(old.Size, size)));
        _held[index] = Filled(moved, size, old.Alignment, seed);
    }

    private nint Attempt(Func<nint> call, HeldBlock? resized = null)
    {
        (long before, int live, int outstanding) = (plan.Refused, allocator.Statistics.LiveGuarded, inner.Outstanding);
        nint block = call();
        if (block == 0)
        {
            Refused++;
            Assert.True(plan.Refused > before, "no memory though no request failed");
            Assert.Equal((live, outstanding), (allocator.Statistics.LiveGuarded, inner.Outstanding));
            AssertSound();
            plan.Stop();
            block = call();
        }

        Assert.NotEqual(0, block);
        AssertSound(resized);
        return block;
    }

    private void Free(HeldBlock block)
    {
        Assert.Equal(-1, BlockBytes.FindDifference(block.Address, block, block.Extent));
        allocator.Free(block.Address, block.Size, block.Alignment);
        _held.Remove(block);
        AssertSound();
    }

    // But for the one that has just moved.
    private void AssertSound(HeldBlock? except = null)
    {
        allocator.Verify();
        Assert.All(_held.Where(b => b != except), b => Assert.Equal(-1, BlockBytes.FindDifference(b.Address, b, b.Extent)));
        Assert.InRange(allocator.Statistics.LiveGuarded + allocator.Statistics.Quarantined, 0, MaxBlocks);
    }

    private static HeldBlock Filled(nint address, nuint size, nuint alignment, int seed)
    {
        var block = new HeldBlock(address, size, alignment, size, seed);
        BlockBytes.Fill(block);
        return block;
    }
}
