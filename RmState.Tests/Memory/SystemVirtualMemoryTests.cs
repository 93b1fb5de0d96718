using Rm.Memory;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Memory;

/// <summary>Address space from the operating system: reserved, committed, given back, moved, measured.</summary>
public sealed unsafe class SystemVirtualMemoryTests : LeakChecked
{
    private static readonly nuint Page = (nuint)Environment.SystemPageSize;

    private readonly SystemVirtualMemory _memory = new();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 65536)]
    [InlineData(100_000, 4096)]
    [InlineData(1 << 20, 1 << 21)]
    [InlineData(3 << 20, 1 << 30)]
    public void ReservationsAreAlignedAndMayBeCommittedToTheLastByte(int bytes, int alignment)
    {
        nuint pages = ToPages((nuint)bytes);
        nint[] starts = [.. Enumerable.Range(0, 5).Select(_ => _memory.Reserve((nuint)bytes, (nuint)alignment))];
        foreach (nint start in starts)
        {
            Assert.NotEqual(0, start);
            Assert.Equal(0u, (nuint)start % nuint.Max(Page, (nuint)alignment));
            Assert.True(_memory.Commit(start, pages));
            var span = new Span<byte>((void*)start, (int)pages);
            Assert.Equal(-1, span.IndexOfAnyExcept((byte)0));
            span.Fill(1);
        }

        Assert.Equal(starts.Length, starts.Distinct().Count());
        Assert.All(starts, start => Assert.True(_memory.Release(start, (nuint)bytes)));
    }

    [Fact]
    public void AlignedReservationKeepsNothingBesideItself()
    {
        nuint alignment = 1 << 24;
        nint start = _memory.Reserve(Page, alignment);
        Assert.True(Faults.LibC.IsMapped(start));
        Assert.True(_memory.Release(start, Page));

        // Rounds leave no address space behind: that of the process would run out after 128.
        for (int round = 0; round < 1000; round++)
        {
            nint large = _memory.Reserve((nuint)1 << 40, (nuint)1 << 32);
            Assert.NotEqual(0, large);
            Assert.True(_memory.Release(large, (nuint)1 << 40));
        }
    }

    [Fact]
    public void AbsurdSizesAreRefused()
    {
        Assert.Equal(0, _memory.Reserve((nuint)1 << 60, Page));
        Assert.Equal(0, _memory.Reserve(nuint.MaxValue, Page));
        Assert.Equal(0, _memory.Reserve(nuint.MaxValue - Page, Page));
        Assert.Equal(0, _memory.Reserve(nuint.MaxValue - (10 * Page), (nuint)1 << 40));
        Assert.Equal(0, _memory.Reserve(Page, (nuint)1 << 63));
        Assert.Equal(0, _memory.AllocateAligned(nuint.MaxValue - 1000, 65536));
    }

    [Fact]
    public void DecommittedPagesReadZeroAndTheOthersAreKept()
    {
        nint start = Committed(64 * Page);
        new Span<byte>((void*)start, (int)(64 * Page)).Fill(7);

        Assert.True(_memory.Decommit(start + (nint)(10 * Page), 20 * Page));
        Assert.True(_memory.Commit(start + (nint)(10 * Page), 20 * Page));

        for (nuint page = 0; page < 64; page++)
        {
            byte expected = page is >= 10 and < 30 ? (byte)0 : (byte)7;
            Assert.Equal(-1, new Span<byte>((void*)(start + (nint)(page * Page)), (int)Page).IndexOfAnyExcept(expected));
        }

        Assert.True(_memory.Release(start, 64 * Page));
    }

    [Fact]
    public void CommittingAgainKeepsTheContents()
    {
        nint start = Committed(4 * Page);
        *(int*)start = 42;
        Assert.True(_memory.Commit(start, 4 * Page));
        Assert.Equal(42, *(int*)start);
        Assert.True(_memory.Release(start, 4 * Page));
    }

    [Fact]
    public void ReleasedAddressSpaceIsGone()
    {
        // Another thread may map the same place again at once, so one of several must be seen unmapped.
        bool unmapped = false;
        for (int round = 0; round < 16 && !unmapped; round++)
        {
            nint start = Committed(1 << 24);
            Assert.True(_memory.Release(start, 1 << 24));
            unmapped = !Faults.LibC.IsMapped(start) && !Faults.LibC.IsMapped(start + (1 << 24) - (nint)Page);
        }

        Assert.True(unmapped);
    }

    [Theory]
    [InlineData(16, 16, 16, 40)]
    [InlineData(64, 10, 100, 100)]
    [InlineData(64, 64, 128, 64)]
    public void MovingKeepsContentsAndEndsTheOldReservation(int fromPages, int pages, int toReserved, int toPages)
    {
        toReserved = Math.Max(toReserved, toPages);
        nint from = _memory.Reserve((nuint)fromPages * Page, Page);
        Assert.True(_memory.Commit(from, (nuint)pages * Page));
        nint to = _memory.Reserve((nuint)toReserved * Page, 65536);
        for (int i = 0; i < pages; i++)
        {
            *(int*)(from + (i * (nint)Page)) = i + 1;
        }

        Assert.True(_memory.Move(from, (nuint)fromPages * Page, (nuint)pages * Page, to, (nuint)toPages * Page));

        for (int i = 0; i < toPages; i++)
        {
            int* value = (int*)(to + (i * (nint)Page));
            Assert.Equal(i < pages ? i + 1 : 0, *value);
            *value = -1;
        }

        Assert.True(_memory.Commit(to, (nuint)toReserved * Page));
        Assert.True(_memory.Release(to, (nuint)toReserved * Page));
    }

    [Fact]
    public void NothingIsLeftWherePagesMovedFrom()
    {
        // Another thread may map the same place again at once, so one of several must be seen unmapped.
        bool unmapped = false;
        for (int round = 0; round < 16 && !unmapped; round++)
        {
            nint from = _memory.Reserve(1 << 24, Page);
            Assert.True(_memory.Commit(from, 4 * Page));
            nint to = _memory.Reserve(16 * Page, Page);
            Assert.True(_memory.Move(from, 1 << 24, 4 * Page, to, 8 * Page));
            unmapped = !Faults.LibC.IsMapped(from) && !Faults.LibC.IsMapped(from + (1 << 24) - (nint)Page);
            Assert.True(_memory.Release(to, 16 * Page));
        }

        Assert.True(unmapped);
    }

    [Fact]
    public void ResidencyFollowsTouchAndDecommit()
    {
        nint start = Committed(256 * Page);
        Assert.Equal(0u, Resident(start, 256));
        new Span<byte>((void*)start, (int)(100 * Page)).Fill(1);
        Assert.Equal(100 * Page, Resident(start, 256));
        Assert.True(_memory.Decommit(start + (nint)(50 * Page), 200 * Page));
        Assert.Equal(50 * Page, Resident(start, 256));
        Assert.True(_memory.Release(start, 256 * Page));
    }

    [Fact]
    public void ResidencyOfMoreThanOneBatchIsCounted()
    {
        const int pages = 10_000;
        nint start = Committed(pages * Page);
        foreach (int touched in new[] { 0, 4095, 4096, 8191, 8192, 9999 })
        {
            *(byte*)(start + (touched * (nint)Page)) = 1;
        }

        Assert.Equal(6 * Page, Resident(start, pages));
        Assert.True(_memory.Release(start, pages * Page));
    }

    [Fact]
    public void ResidencyOfUnmappedAddressesIsUnknown() => Assert.False(_memory.TryMeasureResident((nint)Page, Page, out _));

    [Fact]
    public void NothingIsExecutableAndWhatIsReservedCannotBeTouched()
    {
        nint start = _memory.Reserve(16 * Page, Page);
        Assert.Equal("---p", Faults.Protections.Of(start, 16 * Page));
        Assert.True(_memory.Commit(start, 8 * Page));
        Assert.Equal("rw-p", Faults.Protections.Of(start, 8 * Page));
        Assert.Equal("---p", Faults.Protections.Of(start + (nint)(8 * Page), 8 * Page));
        Assert.True(_memory.Decommit(start, 8 * Page));
        Assert.Equal("rw-p", Faults.Protections.Of(start, 8 * Page));
        nint to = _memory.Reserve(32 * Page, Page);
        Assert.True(_memory.Move(start, 16 * Page, 8 * Page, to, 10 * Page));
        Assert.Equal("rw-p", Faults.Protections.Of(to, 10 * Page));
        Assert.Equal("---p", Faults.Protections.Of(to + (nint)(10 * Page), 22 * Page));
        Assert.True(_memory.Release(to, 32 * Page));
    }

    [Fact]
    public void ClosedPagesCannotBeTouchedAndGoBackUntilTheyAreCommittedAgain()
    {
        nint start = Committed(16 * Page);
        new Span<byte>((void*)start, (int)(16 * Page)).Fill(7);

        Assert.True(_memory.Close(start + (nint)(4 * Page), 4 * Page));

        Assert.Equal("rw-p ---p rw-p", Faults.Protections.Of(start, 16 * Page));
        Assert.Equal(12 * Page, Resident(start, 16));
        Assert.True(_memory.Commit(start + (nint)(4 * Page), 4 * Page));
        Assert.Equal(4 * (int)Page, new Span<byte>((void*)start, (int)(16 * Page)).Count((byte)0));
        Assert.True(_memory.Release(start, 16 * Page));
    }

    [Fact]
    public void AlignedBlocksAreOfTheLibrary()
    {
        for (nuint alignment = 16; alignment <= 1 << 20; alignment *= 4)
        {
            nint block = _memory.AllocateAligned(1000, alignment);
            Assert.Equal(0u, (nuint)block % alignment);
            new Span<byte>((void*)block, 1000).Fill(1);
            _memory.FreeAligned(block, alignment);
        }
    }

    private nint Committed(nuint bytes)
    {
        nint start = _memory.Reserve(bytes, Page);
        Assert.True(_memory.Commit(start, bytes));
        return start;
    }

    private nuint Resident(nint start, int pages)
    {
        Assert.True(_memory.TryMeasureResident(start, (nuint)pages * Page, out nuint resident));
        return resident;
    }

    private static nuint ToPages(nuint bytes) => (bytes + Page - 1) & ~(Page - 1);
}
