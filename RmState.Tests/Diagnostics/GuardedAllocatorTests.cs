using Rm.Arenas;
using Rm.Diagnostics;
using Rm.Memory;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Diagnostics;

/// <summary>Where guarded blocks lie, what is closed round them, and what is found without a fault.</summary>
public sealed unsafe class GuardedAllocatorTests : LeakChecked
{
    private static readonly nuint Page = (nuint)Environment.SystemPageSize;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(16, 0)]
    [InlineData(48, 0)]
    [InlineData(100, 0)]
    [InlineData(4095, 0)]
    [InlineData(4096, 0)]
    [InlineData(5000, 0)]
    [InlineData(100, 64)]
    [InlineData(5000, 4096)]
    [InlineData(5000, 65536)]
    [InlineData(100_000, 1)]
    public void BlockEndsAtAClosedPage(int size, int alignment)
    {
        using GuardedAllocator allocator = Make();
        nint block = Allocate(allocator, size, alignment);

        nuint kept = nuint.Max((nuint)alignment, 16);
        nuint end = ((nuint)block + (nuint)size + Page - 1) & ~(Page - 1);
        Assert.Equal(0u, (nuint)block % kept);
        Assert.True(end - (nuint)block - (nuint)size < kept, $"{end - (nuint)block - (nuint)size} bytes lie between the block and its guard");
        nuint start = (nuint)block & ~(Page - 1);
        Assert.Equal("---p rw-p ---p", Protections.Of((nint)(start - Page), end - start + (2 * Page)));
        new Span<byte>((void*)block, size).Fill(1);
        allocator.Free(block, (nuint)size, (nuint)alignment);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(100, 64)]
    [InlineData(4096, 0)]
    [InlineData(5000, 65536)]
    public void BlockBeginsBehindAClosedPageIfAsked(int size, int alignment)
    {
        using GuardedAllocator allocator = Make(new() { GuardBefore = true, Memory = NewVirtualMemory() });
        nint block = Allocate(allocator, size, alignment);

        Assert.Equal(0u, (nuint)block % nuint.Max(Page, (nuint)alignment));
        nuint pages = ((nuint)size + Page - 1) & ~(Page - 1);
        Assert.Equal("---p rw-p ---p", Protections.Of(block - (nint)Page, pages + (2 * Page)));
        allocator.Free(block, 0, (nuint)alignment);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BlockOfSizeZeroHasNoByteToTouch(bool before)
    {
        using GuardedAllocator allocator = Make(new() { GuardBefore = before, Memory = NewVirtualMemory() });
        nint block = allocator.Allocate(0);
        nint other = allocator.Allocate(0);

        Assert.NotEqual(block, other);
        Assert.Equal("---p", Protections.Of(block, 1));
        allocator.Free(block, 0, 0);
        Assert.Throws<DoubleFreeException>(() => allocator.Free(block, 0, 0));
        allocator.Free(other, 0, 0);
    }

    [Fact]
    public void FreedBlockIsClosedUntilItsPlaceIsNeededTheOldestFirst()
    {
        using GuardedAllocator allocator = Make(new() { MaxBlocks = 3, Memory = NewVirtualMemory() });
        nint[] blocks = [.. Enumerable.Range(0, 3).Select(_ => allocator.Allocate(100))];
        allocator.Free(blocks[1], 100, 0);
        allocator.Free(blocks[0], 100, 0);

        Assert.Equal("rw-p ---p ---p", string.Join(' ', new[] { blocks[2], blocks[1], blocks[0] }.Select(b => Protections.Of(b, 1))));
        Assert.Equal(new GuardedAllocatorStatistics(3, 1, 2, 0, 0, 9 * Page), allocator.Statistics);
        nint next = allocator.Allocate(100);
        Assert.Equal(AddressOwner.Mine, allocator.OwnerOf(blocks[0]));
        Assert.Throws<DoubleFreeException>(() => allocator.Free(blocks[0], 100, 0));
        Assert.Equal(new GuardedAllocatorStatistics(4, 2, 1, 0, 0, 9 * Page), allocator.Statistics);
        allocator.Free(next, 0, 0);
        allocator.Free(blocks[2], 0, 0);
        Assert.Equal(3, allocator.Statistics.Quarantined);
    }

    [Fact]
    public void WhereAllAreLiveTheInnerAllocatorServes()
    {
        CountingAllocator inner = NewAllocator();
        using GuardedAllocator allocator = Make(new() { MaxBlocks = 2, Inner = inner, Memory = NewVirtualMemory() });
        nint first = allocator.Allocate(100);
        nint second = allocator.Allocate(100);
        nint[] plain = [allocator.Allocate(100), allocator.AllocateZeroed(100), allocator.AllocateAligned(100, 64)];

        Assert.All(plain, b => Assert.True(inner.Holds(b)));
        Assert.Equal((2L, 2, 0, 0L, 3L), Counts(allocator));
        plain[0] = allocator.Reallocate(plain[0], 100, 200, 0);
        Assert.True(inner.Holds(plain[0]));
        allocator.Free(plain[0], 200, 0);
        allocator.Free(plain[1], 100, 0);
        allocator.Free(plain[2], 100, 64);
        Assert.Equal(0, inner.Outstanding);
        allocator.Free(first, 100, 0);
        nint third = allocator.Allocate(100);
        Assert.Equal((3L, 2, 0, 0L, 3L), Counts(allocator));
        allocator.Free(second, 100, 0);
        allocator.Free(third, 100, 0);
    }

    [Fact]
    public void BlockThatGrowsKeepsItsContentsAndItsOldPlaceIsClosed()
    {
        using GuardedAllocator allocator = Make();
        nint block = allocator.Allocate(100);
        new Span<byte>((void*)block, 100).Fill(7);

        nint moved = allocator.Reallocate(block, 0, 5000, 0);

        Assert.NotEqual(block, moved);
        Assert.Equal(100, new Span<byte>((void*)moved, 5000).Count((byte)7));
        Assert.Equal("---p", Protections.Of(block, 1));
        nint shrunk = allocator.Reallocate(moved, 5000, 10, 0);
        Assert.Equal(10, new Span<byte>((void*)shrunk, 10).Count((byte)7));
        Assert.Equal((3L, 1, 2, 0L, 0L), Counts(allocator));
        allocator.Free(shrunk, 10, 0);
    }

    [Fact]
    public void ZeroedBlockIsZeroThoughItsPagesAreFilled()
    {
        using GuardedAllocator allocator = Make();
        nint block = allocator.AllocateZeroed(1000);
        Assert.Equal(1000, new Span<byte>((void*)block, 1000).Count((byte)0));
        allocator.Free(block, 1000, 0);
    }

    [Theory]
    [InlineData(13, 2, "somebody wrote 2 bytes past its end; the first wrong byte is at offset 13 and is 0x41, not 0xa9.")]
    [InlineData(10, 6, "somebody wrote 3 bytes past its end; the first wrong byte is at offset 13")]
    [InlineData(15, 1, "somebody wrote 3 bytes past its end; the first wrong byte is at offset 15")]
    [InlineData(-3, 3, "somebody wrote 3 bytes before its start; the first wrong byte is at offset -3 and is 0x41, not 0xa9.")]
    [InlineData(-1, 1, "somebody wrote 1 byte before its start; the first wrong byte is at offset -1")]
    public void WhatAlignmentLeavesIsCheckedAndNothingChanges(int offset, int count, string says)
    {
        using GuardedAllocator allocator = Make();
        nint block = allocator.Allocate(13);
        allocator.NoteSite(block, @"C:\src\Decoder.cs", 88);
        var spot = new Span<byte>((void*)(block + offset), count);
        spot.Fill(0x41);

        Action[] checks = [() => allocator.Free(block, 13, 0), allocator.Verify, () => allocator.Reallocate(block, 13, 100, 0)];
        foreach (Action check in checks)
        {
            OverrunException overrun = Assert.Throws<OverrunException>(check);
            Assert.Equal(block, overrun.Block);
            Assert.Contains($"block 0x{block:x} (13 bytes, allocated at Decoder.cs:88): ", overrun.Message, StringComparison.Ordinal);
            Assert.Contains(says, overrun.Message, StringComparison.Ordinal);
        }

        Assert.Equal((1L, 1, 0, 0L, 0L), Counts(allocator));
        spot.Fill(0xA9);
        allocator.Verify();
        allocator.Free(block, 13, 0);
    }

    [Fact]
    public void BytesBehindABlockThatIsGuardedBeforeAreCheckedToo()
    {
        using GuardedAllocator allocator = Make(new() { GuardBefore = true, Memory = NewVirtualMemory() });
        nint block = allocator.Allocate(48);
        ((byte*)block)[Page - 1] = 1;

        Assert.Contains(
            $"wrote {Page - 48} bytes past its end", Assert.Throws<OverrunException>(() => allocator.Free(block, 48, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MisuseIsNamedAndChangesNothing()
    {
        using GuardedAllocator allocator = Make();
        nint block = allocator.Allocate(100);
        nint freed = allocator.Allocate(100);
        allocator.NoteSite(freed, "Here.cs", 1);
        ((ISiteAware)allocator).NoteSite(freed, freed: true, "There.cs", 2);
        allocator.Free(freed, 100, 0);
        GuardedAllocatorStatistics before = allocator.Statistics;

        AssertRefused<DoubleFreeException>(allocator, freed, "(100 bytes, allocated at Here.cs:1, freed at There.cs:2) is freed already");
        AssertRefused<MisalignedPointerException>(allocator, block + 1, $"among the pages of the block at 0x{block:x} (100 bytes)");
        AssertRefused<MisalignedPointerException>(allocator, block + 112, "among the pages");
        AssertRefused<MisalignedPointerException>(allocator, freed - 1, "among the pages");
        AssertRefused<ForeignBlockException>(allocator, OnTheStack(), "not a block of this allocator");
        AssertRefused<ForeignBlockException>(allocator, -16, "not a block of this allocator");
        Assert.Throws<ArgumentNullException>(() => allocator.Free(0, 0, 0));
        Assert.Throws<ArgumentNullException>(() => allocator.Reallocate(0, 0, 1, 0));
        Assert.Throws<ArgumentNullException>(() => allocator.NoteSite(block, null!, 1));
        Assert.Equal(before, allocator.Statistics);
        allocator.Free(block, 100, 0);
    }

    [Fact]
    public void WhatTheInnerAllocatorDisownsIsForeign()
    {
        Arena arena = NewArena();
        using GuardedAllocator allocator = Make(new() { SampleOneIn = 1000, Seed = 3, Inner = arena.CreateHeap(), Memory = NewVirtualMemory() });
        nint block = allocator.Allocate(100);

        Assert.True(allocator.KnowsSizes);
        Assert.Equal(112u, allocator.UsableSize(block));
        Assert.Equal(AddressOwner.Mine, allocator.OwnerOf(block));
        Assert.Equal(AddressOwner.Foreign, allocator.OwnerOf(OnTheStack()));
        AssertRefused<ForeignBlockException>(allocator, OnTheStack(), "not a block of this allocator");
        allocator.Free(block, 100, 0);
    }

    [Fact]
    public void DisposeFreesEverythingOnceAndEndsUse()
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        GuardedAllocator allocator = Make(new() { Memory = memory });
        nint block = allocator.Allocate(100);
        allocator.Free(allocator.Allocate(50), 50, 0);

        allocator.Dispose();
        allocator.Dispose();

        Assert.Equal(0, memory.Reservations);
        Assert.Equal((2L, 0, 0, 0L, 0L), Counts(allocator));
        Action[] uses =
        [
            () => allocator.Allocate(1), () => allocator.AllocateZeroed(1), () => allocator.AllocateAligned(1, 64), allocator.Verify,
            () => allocator.Free(block, 100, 0), () => allocator.Reallocate(block, 100, 200, 0),
        ];
        Assert.All(uses, use => Assert.Throws<ObjectDisposedException>(use));
        allocator.NoteSite(block, "Late.cs", 1);
        Assert.NotEqual(AddressOwner.Mine, allocator.OwnerOf(block));
    }

    [Fact]
    public void StateOverItCountsAndReportsWhatWasFound()
    {
        using GuardedAllocator allocator = Make();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(13);
        Assert.Equal(2, state.RmRetain(block));
        Assert.Equal(1, state.RmRelease(block));
        ((byte*)block)[13] = 1;

        Assert.Equal(block, Assert.Throws<OverrunException>(() => state.RmRelease(block)).Block);

        Assert.False(state.RmContains(block));
        Assert.Equal(1, allocator.Statistics.LiveGuarded);
        state.Verify();
    }

    [Fact]
    public void ThreadsShareIt()
    {
        using GuardedAllocator allocator = Make(new() { MaxBlocks = 60, SampleOneIn = 2, Memory = new SystemVirtualMemory() });
        Action[] ends = [.. Enumerable.Range(1, 4).Select(seed => OnThread.Start(() => Work(allocator, seed)))];
        Array.ForEach(ends, end => end());

        GuardedAllocatorStatistics end = allocator.Statistics;
        Assert.Equal(4 * 2000, end.Guarded + end.SampledOut + end.Overflowed);

        // No half of all: while a thread that draws the next one is stopped, the others' blocks go by.
        Assert.InRange(end.Guarded, 1, 4 * 2000);
        Assert.Equal(0, end.LiveGuarded);
        Assert.True(end.Quarantined <= 60);
    }

    [Theory]
    [InlineData("SampleOneIn", 0, 1)]
    [InlineData("SampleOneIn", -1, 1)]
    [InlineData("MaxBlocks", 1, 0)]
    [InlineData("MaxBlocks", 1, 8193)]
    public void OptionsOutOfTheirRangeAreRefused(string name, int sampleOneIn, int maxBlocks)
    {
        var options = new GuardedAllocatorOptions { SampleOneIn = sampleOneIn, MaxBlocks = maxBlocks };
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => new GuardedAllocator(options)).ParamName);
    }

    [Fact]
    public void OptionsAndTheNameOfAMapFileMustBeThere()
    {
        Assert.Throws<ArgumentNullException>(() => new GuardedAllocator(null!));
        Assert.Throws<ArgumentException>(() => new GuardedAllocator(new GuardedAllocatorOptions { MapFile = " " }));
    }

    private static void Work(GuardedAllocator allocator, int seed)
    {
        var random = new Random(seed);
        var held = new List<(nint Block, int Size)>();
        for (int i = 0; i < 2000; i++)
        {
            int size = random.Next(1, 3000);
            nint block = allocator.Allocate((nuint)size);
            new Span<byte>((void*)block, size).Fill((byte)seed);
            held.Add((block, size));
            while (held.Count > random.Next(30))
            {
                (nint old, int length) = held[random.Next(held.Count)];
                Assert.Equal(length, new Span<byte>((void*)old, length).Count((byte)seed));
                held.Remove((old, length));
                allocator.Free(old, (nuint)length, 0);
            }
        }

        held.ForEach(b => allocator.Free(b.Block, (nuint)b.Size, 0));
    }

    private static void AssertRefused<T>(GuardedAllocator allocator, nint block, string says)
        where T : MemoryViolationException
    {
        foreach (Action use in (Action[])[() => allocator.Free(block, 0, 0), () => allocator.Reallocate(block, 0, 10, 0)])
        {
            T violation = Assert.Throws<T>(use);
            Assert.Equal(block, violation.Block);
            Assert.Contains(says, violation.Message, StringComparison.Ordinal);
        }
    }

    private static (long Guarded, int Live, int Quarantined, long SampledOut, long Overflowed) Counts(GuardedAllocator allocator)
    {
        GuardedAllocatorStatistics now = allocator.Statistics;
        return (now.Guarded, now.LiveGuarded, now.Quarantined, now.SampledOut, now.Overflowed);
    }

    private static nint OnTheStack()
    {
        int local = 0;
        return (nint)(&local);
    }

    private static nint Allocate(GuardedAllocator allocator, int size, int alignment) =>
        alignment == 0 ? allocator.Allocate((nuint)size) : allocator.AllocateAligned((nuint)size, (nuint)alignment);

    private GuardedAllocator Make(GuardedAllocatorOptions? options = null) =>
        new(options ?? new GuardedAllocatorOptions { Memory = NewVirtualMemory() });
}
