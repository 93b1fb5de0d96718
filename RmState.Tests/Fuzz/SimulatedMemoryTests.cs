using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Tests.Fuzz;

/// <summary>The simulated system notices what a real one would punish; a check that cannot fail would prove nothing.</summary>
public sealed unsafe class SimulatedMemoryTests : IDisposable
{
    private const nuint Page = 4096;

    private readonly FixedRegion _region = new(14);
    private readonly SimulatedMemory _memory;

    public SimulatedMemoryTests() => _memory = new SimulatedMemory(_region, new ProgramOptions { ClosesPages = true }) { Armed = true };

    public void Dispose() => _region.Dispose();

    [Fact]
    public void NoticesACommitOutsideAReservation()
    {
        nint start = _memory.Reserve(4 * Page, Page);
        Assert.True(_memory.Commit(start, 4 * Page));
        Assert.Null(_memory.Misuse);
        Assert.False(_memory.Commit(start, 5 * Page));
        Assert.NotNull(_memory.Misuse);
    }

    [Fact]
    public void NoticesAStretchThatIsNoWholePages()
    {
        nint start = _memory.Reserve(4 * Page, Page);
        Assert.False(_memory.Commit(start + 16, Page));
        Assert.NotNull(_memory.Misuse);
    }

    [Fact]
    public void NoticesASecondRelease()
    {
        nint start = _memory.Reserve(4 * Page, Page);
        Assert.True(_memory.Release(start, 4 * Page));
        Assert.Null(_memory.Misuse);
        Assert.False(_memory.Release(start, 4 * Page));
        Assert.NotNull(_memory.Misuse);
    }

    [Fact]
    public void NoticesAFreeOfWhatWasReserved()
    {
        _memory.FreeAligned(_memory.Reserve(Page, Page), 16);
        Assert.NotNull(_memory.Misuse);
    }

    [Fact]
    public void DecommittedPagesAreClosedAndComeBackZeroed()
    {
        nint start = _memory.Reserve(4 * Page, Page);
        Assert.False(_memory.IsOpen(start, 1));
        Assert.True(_memory.Commit(start, 2 * Page));
        *(long*)start = 42;
        Assert.True(_memory.Decommit(start, Page));
        Assert.False(_memory.IsOpen(start, 2 * Page));
        Assert.True(_memory.IsOpen(start + (nint)Page, Page));
        Assert.NotEqual(42, *(long*)start);
        Assert.True(_memory.Commit(start, Page));
        Assert.Equal(0, *(long*)start);
    }

    [Fact]
    public void MovesContentsAndEndsTheOldReservation()
    {
        nint from = _memory.Reserve(2 * Page, Page);
        nint to = _memory.Reserve(8 * Page, Page);
        Assert.True(_memory.Commit(from, Page));
        *(long*)from = 42;
        Assert.True(_memory.Move(from, 2 * Page, Page, to, 3 * Page));
        Assert.Equal(42, *(long*)to);
        Assert.True(_memory.IsOpen(to, 3 * Page));
        Assert.Equal(1, _memory.Areas);
        Assert.Equal(from, _memory.Reserve(Page, Page));
    }

    [Fact]
    public void FailsTheCallItIsToldToFail()
    {
        _memory.FailAfter(2);
        Assert.NotEqual(0, _memory.Reserve(Page, Page));
        Assert.Equal(MemoryCalls.None, _memory.Refused);
        Assert.Equal(0, _memory.Reserve(Page, Page));
        Assert.Equal(MemoryCalls.Reserve, _memory.Refused);
        _memory.Down = MemoryCalls.Allocate;
        Assert.Equal(0, _memory.AllocateAligned(8, 16));
        Assert.NotEqual(0, _memory.Reserve(Page, Page));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(100_000)]
    public void ContentsAreCheckedByteByByte(int at)
    {
        const int size = 100_001;
        nint block = _memory.AllocateAligned(size, 16);
        BlockContents.Fill(block, size, 7);
        Assert.True(BlockContents.IsIntact(block, size, 7));
        Assert.False(BlockContents.IsIntact(block, size, 8));
        ((byte*)block)[at] ^= 1;
        Assert.False(BlockContents.IsIntact(block, size, 7));
    }
}
