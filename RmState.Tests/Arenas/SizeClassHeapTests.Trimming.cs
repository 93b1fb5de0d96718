using Rm.Arenas;

namespace Rm.Tests.Arenas;

// Giving memory back from the middle of what is in use.
public sealed unsafe partial class SizeClassHeapTests
{
    [Fact]
    public void TrimGivesFreePagesOfPartlyUsedSlabsBackAndTheyCanBeUsedAgain()
    {
        const int count = 4096;
        nint[] blocks = AllocateMany(count, 1024);
        Array.ForEach(blocks, b => Fill(b, 1024, 7));
        nint[] kept = [.. blocks.Where((_, i) => i % 64 == 20)];
        Array.ForEach([.. blocks.Except(kept)], _heap.Free);
        nuint resident = _arena.MeasureResident();
        nuint committed = _arena.CommittedBytes;

        long given = _heap.Trim();

        // One page of sixteen is left in every slab.
        Assert.Equal((nuint)kept.Length * 4096, _arena.CommittedBytes - _arena.SpareBytes);
        Assert.Equal(committed - (nuint)given, _arena.CommittedBytes);
        Assert.True(_arena.MeasureResident() < resident - (nuint)given + MiB / 4);
        Assert.All(kept, b => AssertFilled(b, 1024, 7));
        _arena.Verify();
        Assert.Equal(0, _heap.Trim());

        nint[] zeroed = [.. Enumerable.Range(0, count / 2).Select(_ => _heap.AllocateZeroed(1024))];
        Assert.All(zeroed, b => AssertFilled(b, 1024, 0));
        Array.ForEach(zeroed, b => Fill(b, 1024, 9));
        nint[] more = AllocateMany((count / 2) - kept.Length, 1024);
        Array.ForEach(more, b => Fill(b, 1024, 5));

        Assert.Equal(committed, _arena.CommittedBytes);
        Assert.Equal(blocks.Order(), kept.Concat(zeroed).Concat(more).Order());
        Assert.All(kept, b => AssertFilled(b, 1024, 7));
        Assert.All(zeroed, b => AssertFilled(b, 1024, 9));
        _arena.Verify();
    }

    [Fact]
    public void TrimKeepsToItsBudgetAndGoesOnWhereItStopped()
    {
        nint[] blocks = AllocateMany(4096, 1024);
        Array.ForEach([.. blocks.Where((_, i) => i % 64 != 0)], _heap.Free);
        nuint committed = _arena.CommittedBytes;
        long total = 0;
        int calls = 0;
        for (long given = _heap.Trim(100_000); given != 0; given = _heap.Trim(100_000))
        {
            Assert.InRange(given, 1, 102_400);
            total += given;
            calls++;
            _heap.Verify();
        }

        Assert.Equal(committed - (nuint)total, _arena.CommittedBytes);
        Assert.InRange(calls, total / 102_400, (total / 50_000) + 1);
        Assert.Equal((nuint)(64 * 4096), _arena.CommittedBytes - _arena.SpareBytes);
    }

    [Fact]
    public void TrimOfNothingGivesNothing()
    {
        Assert.Equal(0, _heap.Trim());
        nint[] blocks = AllocateMany(64, 1024);

        Assert.Equal(0, _heap.Trim());
        Assert.Equal(0, _heap.Trim(0));

        Array.ForEach(blocks, b => Fill(b, 1024, 1));
    }

    [Fact]
    public void PagesThatCannotBeHadAgainAreLeftForThoseThatCan()
    {
        // Of two slabs the fuller one lost eight pages, the other none; then the limit allows no page more.
        nint[] blocks = AllocateMany(128, 1024);
        nint[] hole = [.. blocks[..32]];
        nint[] loose = [.. blocks[64..].Where((_, i) => i % 4 != 0)];
        Array.ForEach([.. hole, .. loose], _heap.Free);
        Assert.Equal(8 * 4096, _heap.Trim());
        _ = _arena.Trim();
        _arena.CommitLimit = _arena.CommittedBytes;

        nint[] again = AllocateMany(loose.Length, 1024);
        Assert.Equal(loose.Order(), again.Order());
        Assert.Equal(0, _heap.Allocate(1024));
        _arena.Verify();

        _arena.CommitLimit += 4096;
        Assert.Equal(blocks[..4].Order(), AllocateMany(4, 1024).Order());
        Assert.Equal(0, _heap.Allocate(1024));
        _arena.CommitLimit = nuint.MaxValue;
        Assert.Equal(blocks[4..32].Order(), AllocateMany(28, 1024).Order());
        _arena.Verify();
    }

    [Fact]
    public void PagesThatCannotBeHadAgainArePassedOverWithinASlab()
    {
        nint[] blocks = AllocateMany(64, 1024);
        Array.ForEach(blocks[..16], _heap.Free);
        _ = _heap.Trim();
        Array.ForEach(blocks[40..43], _heap.Free);
        _ = _heap.Trim();
        _arena.CommitLimit = _arena.CommittedBytes;

        Assert.Equal(blocks[40..43].Order(), AllocateMany(3, 1024).Order());
        Assert.Equal(0, _heap.Allocate(1024));
        _arena.Verify();
        _arena.CommitLimit = nuint.MaxValue;
        Assert.Equal(blocks[..16].Order(), AllocateMany(16, 1024).Order());
        _arena.Verify();
    }

    [Fact]
    public void SlabsReturnToTheArenaWithTheirLastBlock()
    {
        nint[] blocks = AllocateMany(1000, 2000);
        using SizeClassHeap other = _arena.CreateHeap("other");
        nuint committed = _arena.CommittedBytes;
        Array.ForEach(blocks, _heap.Free);
        _ = _heap.Trim();

        Assert.Equal(default, _heap.Usage);
        Assert.Equal(_arena.SpareBytes, _arena.CommittedBytes);
        for (int i = 0; i < 300; i++)
        {
            Assert.NotEqual(0, other.Allocate(3000));
        }

        Assert.True(_arena.CommittedBytes <= committed);
        _arena.Verify();
    }
}
