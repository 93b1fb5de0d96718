using Rm.Arenas;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>The sizes of classes: what a block wastes, and that every way to a class finds the same one.</summary>
public sealed class SizeClassesTests : LeakChecked
{
    [Fact]
    public void EverySizeGetsTheLeastClassThatHoldsItAndWastesLittle()
    {
        int expected = 1;
        for (nuint size = 0; size <= SizeClasses.Largest; size++)
        {
            expected += SizeClasses.SizeOf(expected) < size ? 1 : 0;
            int number = SizeClasses.Of(size);
            if (number != expected)
            {
                Assert.Fail($"size {size} is of class {number}, not {expected}");
            }

            nuint waste = SizeClasses.SizeOf(number) - size;
            if (size > 128 ? waste * 8 > size : waste > 16)
            {
                Assert.Fail($"size {size} wastes {waste} bytes");
            }
        }

        Assert.Equal(SizeClasses.Count, expected);
    }

    [Fact]
    public void SizesOfClassesRiseAndFindTheirClass()
    {
        Assert.Equal(16u, SizeClasses.SizeOf(1));
        Assert.Equal(SizeClasses.Largest, SizeClasses.SizeOf(SizeClasses.Count));
        for (int number = 1; number <= SizeClasses.Count; number++)
        {
            nuint size = SizeClasses.SizeOf(number);
            Assert.Equal(number, SizeClasses.Of(size));
            Assert.Equal(0u, size % 16);
            Assert.True(number == 1 || size > SizeClasses.SizeOf(number - 1));
        }

        Assert.Contains(Enumerable.Range(1, SizeClasses.Count), number => SizeClasses.SizeOf(number) == SizeClasses.LargestInGranule);
        Assert.True(SizeClasses.Count <= PageEntry.MaxClass);
    }

    [Fact]
    public void AlignedClassesHoldTheSizeAtMultiplesOfTheAlignment()
    {
        nuint[] sizes = [.. Enumerable.Range(0, 2000).Select(i => (nuint)i), .. Enumerable.Range(1, 400).Select(i => (nuint)i * 2621), SizeClasses.Largest];
        for (nuint alignment = 16; alignment <= Granule.Bytes; alignment *= 2)
        {
            foreach (nuint size in sizes)
            {
                int number = SizeClasses.Of(size, alignment);
                Assert.InRange(number, SizeClasses.Of(size), SizeClasses.Count);
                nuint stride = SizeClasses.SizeOf(number);

                // A granule begins every slab, and every block above the largest that share one.
                Assert.True(stride > SizeClasses.LargestInGranule || stride % alignment == 0, $"{size} at {alignment}: {stride}");
            }
        }

        Assert.Equal(0, SizeClasses.Of(SizeClasses.Largest + 1, 16));
        Assert.Equal(0, SizeClasses.Of(nuint.MaxValue, 4096));
    }
}
