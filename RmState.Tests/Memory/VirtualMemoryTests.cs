using Rm.Memory;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Memory;

/// <summary>Pages from the operating system, and their return in parts.</summary>
public sealed unsafe class VirtualMemoryTests : LeakChecked
{
    private static readonly nuint Page = (nuint)Environment.SystemPageSize;

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(100_000)]
    [InlineData(10_000_000)]
    public void MappedPagesAreZeroAndWritable(int bytes)
    {
        nint start = VirtualMemory.Map((nuint)bytes);
        Assert.NotEqual(0, start);
        Assert.Equal(0, start % Environment.SystemPageSize);
        var span = new Span<byte>((void*)start, bytes);
        Assert.Equal(-1, span.IndexOfAnyExcept((byte)0));
        span.Fill(1);
        Assert.Equal(bytes, span.Count((byte)1));
        VirtualMemory.Unmap(start, 0, (nuint)bytes);
    }

    [Fact]
    public void ImpossibleSizeGivesZero()
    {
        Assert.Equal(0, VirtualMemory.Map((nuint)1 << 60));
        Assert.Equal(0, VirtualMemory.Map(nuint.MaxValue - 10_000));
    }

    [Fact]
    public void PartsGoBackFromTheEndAndTheRestStays()
    {
        // Another thread may map the same place again at once, so one of several must be seen unmapped.
        bool unmapped = false;
        for (int round = 0; round < 16 && !unmapped; round++)
        {
            nint start = VirtualMemory.Map(64 * Page);
            new Span<byte>((void*)start, (int)(64 * Page)).Fill(7);

            VirtualMemory.Unmap(start, 16 * Page, 48 * Page);

            unmapped = !Faults.LibC.IsMapped(start + (nint)(40 * Page));
            Assert.Equal(16 * (int)Page, new Span<byte>((void*)start, 16 * (int)Page).Count((byte)7));
            VirtualMemory.Unmap(start, 0, 16 * Page);
        }

        Assert.True(unmapped);
    }

    [Fact]
    public void TableMemoryGivesBackInSlices()
    {
        var memory = new TableMemory();
        nuint bytes = 10 << 20;
        nint start = memory.Take(bytes);
        Assert.Equal(0, start % 64);
        int slices = 0;
        for (nuint held = bytes; held != 0; slices++)
        {
            // What is still held is still readable.
            Assert.Equal(0, ((byte*)start)[held - 1]);
            nuint left = memory.GiveBack(start, held, bytes, 1 << 20);
            Assert.True(held - left <= 1 << 20);
            held = left;
        }

        Assert.Equal(10, slices);
    }

    [Fact]
    public void SmallTableMemoryIsZeroedAlignedAndGoesBackAtOnce()
    {
        var memory = new TableMemory();
        for (int round = 0; round < 50; round++)
        {
            nint start = memory.Take(1000);
            Assert.Equal(0, start % 64);
            var span = new Span<byte>((void*)start, 1000);
            Assert.Equal(-1, span.IndexOfAnyExcept((byte)0));
            span.Fill(0xFF);
            Assert.Equal(0u, memory.GiveBack(start, 1000, 1000, 1 << 16));
        }
    }

    [Fact]
    public void TableMemoryThatCannotBeHadIsZero()
    {
        var memory = new TableMemory();
        Assert.Equal(0, memory.Take((nuint)1 << 60));
    }
}
