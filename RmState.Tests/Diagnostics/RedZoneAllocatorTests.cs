using Rm.Diagnostics;
using Rm.Memory;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Diagnostics;

/// <summary>What red zones and the quarantine find, and when.</summary>
public sealed unsafe class RedZoneAllocatorTests : LeakChecked
{
    private const byte Written = 0x41;

    [Theory]
    [InlineData(16, 13, 3, "somebody wrote 3 bytes past its end; the first wrong byte is at offset 13 and is 0x41, not 0xb5.")]
    [InlineData(16, 28, 1, "somebody wrote 16 bytes past its end; the first wrong byte is at offset 28")]
    [InlineData(64, 13, 64, "somebody wrote 64 bytes past its end")]
    [InlineData(64, -1, 1, "somebody wrote 1 byte before its start; the first wrong byte is at offset -1 and is 0x41, not 0xb5.")]
    [InlineData(64, -64, 1, "somebody wrote 64 bytes before its start; the first wrong byte is at offset -64 and is 0x41, not 0x0d.")]
    [InlineData(16, -16, 1, "somebody wrote 16 bytes before its start")]
    public void WriteBesideABlockIsFoundAndNothingChanges(int zone, int offset, int count, string says)
    {
        using RedZoneAllocator allocator = Make(new() { ZoneBytes = zone });
        nint other = allocator.Allocate(13);
        nint block = allocator.Allocate(13);
        var spot = new Span<byte>((void*)(block + offset), count);
        byte[] before = spot.ToArray();
        RedZoneAllocatorStatistics statistics = allocator.Statistics;
        spot.Fill(Written);

        Action[] checks = [() => allocator.Free(block, 13, 0), allocator.Verify, () => allocator.Reallocate(block, 13, 100, 0)];
        foreach (Action check in checks)
        {
            OverrunException overrun = Assert.Throws<OverrunException>(check);
            Assert.Equal(block, overrun.Block);
            Assert.Contains($"block 0x{block:x} (13 bytes): ", overrun.Message, StringComparison.Ordinal);
            Assert.Contains(says, overrun.Message, StringComparison.Ordinal);
        }

        Assert.Equal(statistics, allocator.Statistics);
        before.CopyTo(spot);
        allocator.Verify();
        allocator.Free(block, 13, 0);
        allocator.Free(other, 13, 0);
    }

    [Fact]
    public void EveryByteOfTheZonesIsWatched()
    {
        using RedZoneAllocator allocator = Make(new() { ZoneBytes = 32 });
        nint block = allocator.Allocate(20);
        for (int offset = -32; offset < 52; offset++)
        {
            ((byte*)block)[offset] ^= 0xFF;
            if (offset is >= 0 and < 20)
            {
                allocator.Verify();
            }
            else
            {
                Assert.Contains($"at offset {offset} ", Assert.Throws<OverrunException>(allocator.Verify).Message, StringComparison.Ordinal);
            }

            ((byte*)block)[offset] ^= 0xFF;
        }

        allocator.Free(block, 20, 0);
    }

    [Fact]
    public void WriteAfterFreeIsFoundByVerifyAndOnceWhenTheBlockLeavesTheQuarantine()
    {
        CountingAllocator inner = NewAllocator();
        using RedZoneAllocator allocator = Make(new() { Inner = inner, QuarantineBlocks = 2 });
        nint stale = allocator.Allocate(48);
        nint[] blocks = [.. Enumerable.Range(0, 3).Select(_ => allocator.Allocate(48))];
        allocator.Free(stale, 48, 0);
        ((byte*)stale)[5] = Written;
        allocator.Free(blocks[0], 48, 0);
        Assert.Contains("written after it was freed", Assert.Throws<OverrunException>(allocator.Verify).Message, StringComparison.Ordinal);
        RedZoneAllocatorStatistics before = allocator.Statistics;

        OverrunException overrun = Assert.Throws<OverrunException>(() => allocator.Free(blocks[1], 48, 0));

        Assert.Equal(stale, overrun.Block);
        Assert.EndsWith(
            $"block 0x{stale:x} (48 bytes): it was written after it was freed; the first wrong byte is at offset 5 and is 0x41, not 0xdf.",
            overrun.Message,
            StringComparison.Ordinal);
        Assert.Equal(before, allocator.Statistics);
        Assert.Equal(4, inner.Outstanding);
        allocator.Free(blocks[1], 48, 0);
        allocator.Free(blocks[2], 48, 0);
        Assert.Equal((0, 2, 2), (allocator.Statistics.LiveBlocks, allocator.Statistics.QuarantinedBlocks, inner.Outstanding));
        allocator.Verify();
    }

    [Fact]
    public void OverrunIntoAFreedBlocksZoneIsFoundWhenItLeaves()
    {
        using RedZoneAllocator allocator = Make(new() { QuarantineBlocks = 1 });
        nint stale = allocator.Allocate(48);
        nint block = allocator.Allocate(48);
        allocator.Free(stale, 48, 0);
        ((byte*)stale)[48] = Written;

        Assert.Contains(
            "1 byte past its end", Assert.Throws<OverrunException>(() => allocator.Reallocate(block, 48, 100, 0)).Message, StringComparison.Ordinal);
        allocator.Free(block, 48, 0);
    }

    [Fact]
    public void QuarantineKeepsItsBounds()
    {
        CountingAllocator inner = NewAllocator();
        using RedZoneAllocator allocator = Make(new() { Inner = inner, QuarantineBlocks = 4, QuarantineBytes = 1000 });
        nint[] blocks = [.. Enumerable.Range(0, 10).Select(_ => allocator.Allocate(300))];
        Assert.Equal(new RedZoneAllocatorStatistics(10, 3000, 0, 0, 320), allocator.Statistics);

        Assert.All(blocks[..5], b => allocator.Free(b, 300, 0));
        Assert.Equal(new RedZoneAllocatorStatistics(5, 1500, 3, 900, 256), allocator.Statistics);
        nint large = allocator.Allocate(1001);
        allocator.Free(large, 1001, 0);
        Assert.Equal(3, allocator.Statistics.QuarantinedBlocks);
        Assert.All(Enumerable.Range(0, 9), _ => allocator.Free(allocator.Allocate(1), 1, 0));

        Assert.Equal(new RedZoneAllocatorStatistics(5, 1500, 4, 4, 288), allocator.Statistics);
        Assert.All(blocks[5..], b => allocator.Free(b, 300, 0));
        Assert.Equal((0, 3, 3), (allocator.Statistics.LiveBlocks, allocator.Statistics.QuarantinedBlocks, inner.Outstanding));
    }

    [Fact]
    public void WithoutAQuarantineBlocksGoAtOnce()
    {
        CountingAllocator inner = NewAllocator();
        using RedZoneAllocator allocator = Make(new() { Inner = inner, QuarantineBlocks = 0 });
        allocator.Free(allocator.Allocate(0), 0, 0);
        Assert.Equal(0, inner.Outstanding);
        Assert.Equal(default, allocator.Statistics);
    }

    [Fact]
    public void MisuseIsNamedAndChangesNothing()
    {
        using RedZoneAllocator allocator = Make();
        nint block = allocator.Allocate(100);
        nint freed = allocator.Allocate(100);
        allocator.Free(freed, 100, 0);
        RedZoneAllocatorStatistics before = allocator.Statistics;

        AssertRefused<DoubleFreeException>(allocator, freed, "(100 bytes) is freed already");
        AssertRefused<ForeignBlockException>(allocator, block + 16, "no block of this allocator begins there");
        AssertRefused<ForeignBlockException>(allocator, 12345, "no block of this allocator begins there");
        Assert.Throws<ArgumentNullException>(() => allocator.Free(0, 0, 0));
        Assert.Throws<ArgumentNullException>(() => allocator.Reallocate(0, 0, 1, 0));
        Assert.Equal(before, allocator.Statistics);
        Assert.Equal((100u, 0u, 0u), (allocator.UsableSize(block), allocator.UsableSize(freed), allocator.UsableSize(1)));
        Assert.Equal(AddressOwner.Mine, allocator.OwnerOf(block));
        allocator.Free(block, 0, 0);
    }

    [Theory]
    [InlineData(16, 64)]
    [InlineData(48, 32)]
    [InlineData(4096, 4096)]
    [InlineData(80, 65536)]
    public void AlignmentsAreKeptWithWiderZones(int zone, int alignment)
    {
        CountingAllocator inner = NewAllocator();
        using RedZoneAllocator allocator = Make(new() { Inner = inner, ZoneBytes = zone });
        nint block = allocator.AllocateAligned(100, (nuint)alignment);

        Assert.Equal(0, block % alignment);
        Assert.InRange((int)allocator.Statistics.ZoneBytes, 2 * zone, (2 * zone) + alignment);
        allocator.Verify();
        allocator.Free(block, 100, (nuint)alignment);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void WhereTheInnerAllocatorRefusesNothingChanges(int failAt)
    {
        var plan = new FaultPlan { FailAt = failAt };
        using RedZoneAllocator allocator = Make(new() { Inner = NewAllocator(plan) });
        nint block = allocator.Allocate(100);
        if (block == 0)
        {
            Assert.Equal(default, allocator.Statistics);
            Assert.NotEqual(0, block = allocator.AllocateZeroed(100));
        }

        new Span<byte>((void*)block, 100).Fill(9);
        RedZoneAllocatorStatistics before = allocator.Statistics;
        nint moved = allocator.Reallocate(block, 100, 200, 0);
        if (moved == 0)
        {
            Assert.Equal(before, allocator.Statistics);
            allocator.Verify();
            moved = allocator.Reallocate(block, 100, 200, 0);
        }

        Assert.Equal(1, plan.Refused);
        Assert.Equal(100, new Span<byte>((void*)moved, 100).Count((byte)9));
        allocator.Free(moved, 200, 0);
    }

    [Fact]
    public void DisposeFreesEverythingOnceAndEndsUse()
    {
        CountingAllocator inner = NewAllocator();
        RedZoneAllocator allocator = Make(new() { Inner = inner });
        nint block = allocator.Allocate(100);
        ((byte*)block)[100] = Written;
        allocator.Free(allocator.AllocateAligned(100, 64), 100, 64);

        allocator.Dispose();
        allocator.Dispose();

        Assert.Equal(0, inner.Outstanding);
        Assert.Equal(default, allocator.Statistics);
        Action[] uses =
        [
            () => allocator.Allocate(1), () => allocator.AllocateZeroed(1), () => allocator.AllocateAligned(1, 64), allocator.Verify,
            () => allocator.Free(block, 100, 0), () => allocator.Reallocate(block, 100, 200, 0),
        ];
        Assert.All(uses, use => Assert.Throws<ObjectDisposedException>(use));
    }

    [Fact]
    public void StateOverItCountsAndReportsWhatWasFound()
    {
        using RedZoneAllocator allocator = Make();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(13);
        nint other = state.RmMalloc(13);
        Assert.Equal(13u, state.RmSize(block));
        ((byte*)block)[13] = Written;

        Assert.Equal(block, Assert.Throws<OverrunException>(() => state.RmRelease(block)).Block);

        Assert.False(state.RmContains(block));
        Assert.Equal(0, state.RmRelease(other));
        Assert.Equal((1, 1), (allocator.Statistics.LiveBlocks, allocator.Statistics.QuarantinedBlocks));
    }

    [Fact]
    public void ThreadsShareIt()
    {
        using RedZoneAllocator allocator = Make(new() { QuarantineBlocks = 50 });
        Action[] ends = [.. Enumerable.Range(1, 4).Select(seed => OnThread.Start(() =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 5000; i++)
            {
                int size = random.Next(1, 500);
                nint block = allocator.Allocate((nuint)size);
                new Span<byte>((void*)block, size).Fill((byte)seed);
                Assert.Equal(size, new Span<byte>((void*)block, size).Count((byte)seed));
                allocator.Free(block, 0, 0);
            }
        }))];
        Array.ForEach(ends, end => end());

        allocator.Verify();
        Assert.Equal((0, 50), (allocator.Statistics.LiveBlocks, allocator.Statistics.QuarantinedBlocks));
    }

    [Theory]
    [InlineData("ZoneBytes", 0, 0)]
    [InlineData("ZoneBytes", 8, 0)]
    [InlineData("ZoneBytes", 24, 0)]
    [InlineData("ZoneBytes", 4112, 0)]
    [InlineData("ZoneBytes", -16, 0)]
    [InlineData("QuarantineBlocks", 16, -1)]
    [InlineData("QuarantineBlocks", 16, (1 << 20) + 1)]
    public void OptionsOutOfTheirRangeAreRefused(string name, int zone, int blocks)
    {
        var options = new RedZoneAllocatorOptions { ZoneBytes = zone, QuarantineBlocks = blocks };
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => new RedZoneAllocator(options)).ParamName);
        Assert.Throws<ArgumentNullException>(() => new RedZoneAllocator(null!));
    }

    private static void AssertRefused<T>(RedZoneAllocator allocator, nint block, string says)
        where T : MemoryViolationException
    {
        foreach (Action use in (Action[])[() => allocator.Free(block, 0, 0), () => allocator.Reallocate(block, 0, 10, 0)])
        {
            T violation = Assert.Throws<T>(use);
            Assert.Equal(block, violation.Block);
            Assert.Contains(says, violation.Message, StringComparison.Ordinal);
        }
    }

    private RedZoneAllocator Make(RedZoneAllocatorOptions? options = null) =>
        new(options ?? new RedZoneAllocatorOptions { Inner = NewAllocator() });
}
