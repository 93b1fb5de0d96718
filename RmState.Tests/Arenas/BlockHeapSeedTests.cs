using System.Globalization;
using Rm.Arenas;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>What balloc and its relatives promise, a test for each promise.</summary>
public sealed unsafe class BlockHeapSeedTests : LeakChecked
{
    private const int PerBlock = 1024;

    [Fact]
    public void TBa1ANewHeapHasOneBlockWithAllElementsFree()
    {
        using BlockHeap heap = BlockHeap.Create(64, PerBlock);

        Assert.Equal(new PoolUsage(0, 0, 64 * PerBlock, 64 * PerBlock, 1), heap.Usage);
        Assert.Equal((1, 1), (heap.Blocks, heap.EmptyBlocks));
    }

    [Fact]
    public void TBa2TheElementAfterTheLastAddsASecondBlock()
    {
        using BlockHeap heap = BlockHeap.Create(64, PerBlock);
        for (int i = 0; i < PerBlock; i++)
        {
            _ = heap.Alloc();
        }

        Assert.Equal((1, 0), (heap.Blocks, heap.EmptyBlocks));
        _ = heap.Alloc();
        Assert.Equal((2, PerBlock + 1L), (heap.Blocks, heap.Usage.LiveBlocks));
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(24, 16)]
    [InlineData(64, 16)]
    [InlineData(300, 16)]
    [InlineData(5000, 16)]
    public void TBa3ElementsAreZeroedDistinctAlignedAndDoNotOverlapAlsoAfterReuse(int size, int alignment)
    {
        using BlockHeap heap = BlockHeap.Create((nuint)size, 100);
        for (int round = 0; round < 3; round++)
        {
            nint[] elements = [.. Enumerable.Range(0, 250).Select(_ => heap.Alloc())];
            Assert.All(elements, e => Assert.Equal(0, e % alignment));
            Assert.All(elements, e => Assert.Equal(-1, new Span<byte>((void*)e, size).IndexOfAnyExcept((byte)0)));
            nint[] sorted = [.. elements.Order()];
            Assert.All(sorted.Zip(sorted.Skip(1)), pair => Assert.True(pair.Second - pair.First >= size));
            foreach (nint element in elements)
            {
                new Span<byte>((void*)element, size).Fill(0xEE);
                if (round != 1 || element % (3 * alignment) != 0)
                {
                    heap.Free(element);
                }
            }

            foreach (nint element in heap.LiveElements.ToArray())
            {
                heap.Free(element);
            }
        }
    }

    [Fact]
    public void TBa4AFreedElementIsAvailableAgainWithoutAskingTheSystem()
    {
        var memory = NewVirtualMemory();
        using var arena = new Arena(new ArenaOptions { Memory = memory });
        using BlockHeap heap = BlockHeap.Create(64, PerBlock, new BlockHeapOptions { Arena = arena });
        nint[] elements = [.. Enumerable.Range(0, PerBlock).Select(_ => heap.Alloc())];
        int calls = memory.Calls.Count;
        foreach (nint element in elements)
        {
            heap.Free(element);
        }

        HashSet<nint> again = [.. Enumerable.Range(0, PerBlock).Select(_ => heap.Alloc())];
        Assert.True(again.SetEquals(elements));
        Assert.Equal(calls, memory.Calls.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void TBa5TrimReturnsEmptyBlocksAndKeepsThoseInUseAndTheMinimum(int keep)
    {
        const int blocks = 20;
        using BlockHeap heap = BlockHeap.Create(64, PerBlock, new BlockHeapOptions { KeepEmptyBlocks = keep });
        nint[] elements = Touch(heap, blocks * PerBlock);
        nuint full = heap.Arena.MeasureResident();
        nint kept = elements[7 * PerBlock];
        foreach (nint element in elements.Where(e => e != kept))
        {
            heap.Free(element);
        }

        long given = heap.Trim();
        Assert.Equal((1 + keep, keep), (heap.Blocks, heap.EmptyBlocks));
        Assert.Equal([kept], heap.LiveElements);
        Assert.Equal(0x5A, *(byte*)kept);
        Assert.True(given > 0);
        Assert.InRange(heap.Arena.CommittedBytes, 1u, 64u * 1024);
        Assert.True(heap.Arena.MeasureResident() + ((blocks - 2) * 64 * PerBlock) <= full, "what was given back is still resident");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void TBa5TheFirstBlockToo(int keep)
    {
        using BlockHeap heap = BlockHeap.Create(64, PerBlock, new BlockHeapOptions { KeepEmptyBlocks = keep });
        _ = heap.Trim();

        Assert.Equal((keep, keep), (heap.Blocks, heap.EmptyBlocks));
        Assert.Equal(0u, heap.Arena.CommittedBytes);
        Assert.NotEqual(0, heap.Alloc());
    }

    [Fact]
    public void TBa6DisposeReturnsEverything()
    {
        var memory = NewVirtualMemory();
        using var arena = new Arena(new ArenaOptions { Memory = memory });
        BlockHeap heap = BlockHeap.Create(64, PerBlock, new BlockHeapOptions { Arena = arena });
        _ = Touch(heap, 5000);
        heap.Dispose();

        Assert.Equal(arena.SpareBytes, arena.CommittedBytes);
        Assert.Empty(arena.Pools);
        arena.Trim();
        Assert.Equal(0u, arena.CommittedBytes);
    }

    [Fact]
    public void TBa7ASpikeOf200MegabytesGoesBackWithATrim()
    {
        const long spike = 200 << 20;
        using BlockHeap heap = BlockHeap.Create(64, PerBlock);
        nuint before = heap.Arena.MeasureResident();
        nint[] elements = Touch(heap, (int)(spike / 64));
        Assert.True(heap.Arena.MeasureResident() >= before + (nuint)spike);
        Array.ForEach(elements, heap.Free);
        _ = heap.Trim();

        Assert.InRange(heap.Arena.MeasureResident(), 0u, before + (1 << 20));
    }

    [Fact]
    public void TBa8TheInvariantsHoldAtAnyTime()
    {
        using BlockHeap heap = BlockHeap.Create(64, 50);
        var random = new Random(8);
        var live = new List<nint>();
        for (int step = 0; step < 4000; step++)
        {
            if (random.Next(2 + (step / 1000 % 2)) == 0 && live.Count > 0)
            {
                int index = random.Next(live.Count);
                heap.Free(live[index]);
                live.RemoveAt(index);
            }
            else if (live.Count < 500)
            {
                live.Add(heap.Alloc());
            }

            PoolUsage usage = heap.Usage;
            Assert.Equal(live.Count, usage.LiveBlocks);
            Assert.Equal((nuint)heap.Blocks * 50 * 64, usage.LiveBytes + usage.FreeBytes);
            if (step % 50 == 0)
            {
                heap.Verify();
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void TBa9BlocksGoFromPartlyUsedToFullToEmptyAndFreedOnesHonourHowManyAreKept(int keep)
    {
        // Elements so large that one only is kept at hand: nearly every element freed reaches its block at once.
        const int size = 16 * 1024;
        using BlockHeap heap = BlockHeap.Create(size, 4, new BlockHeapOptions { KeepEmptyBlocks = keep });
        nint[] elements = [.. Enumerable.Range(0, 40).Select(_ => heap.Alloc())];
        Assert.Equal((10, 0), (heap.Blocks, heap.EmptyBlocks));
        for (int i = 0; i < elements.Length; i++)
        {
            heap.Free(elements[i]);
            int freed = (i + 1) / 4;
            Assert.InRange(heap.Blocks, 10 - freed + Math.Min(keep, freed), 10 - freed + Math.Min(keep, freed) + 1);
            Assert.InRange(heap.EmptyBlocks, Math.Min(keep, freed), keep + 1);
            heap.Verify();
        }

        _ = heap.Trim();
        Assert.Equal((keep, keep), (heap.Blocks, heap.EmptyBlocks));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TBa10UsageTellsNameUsedFreeBytesAndTheTotalOverAllHeapsAlsoInPassThroughMode(bool passThrough)
    {
        using var arena = new Arena(new ArenaOptions { PassThrough = passThrough });
        using BlockHeap users = BlockHeap.Create(64, 128, new BlockHeapOptions { Arena = arena, Name = "users" });
        using BlockHeap channels = BlockHeap.Create(256, 32, new BlockHeapOptions { Arena = arena, Name = "channels" });
        nint[] elements = [.. Enumerable.Range(0, 200).Select(_ => users.Alloc()), .. Enumerable.Range(0, 10).Select(_ => channels.Alloc())];

        Assert.Equal(["users", "channels"], arena.Pools.Select(p => p.Name), StringComparer.Ordinal);
        Assert.Equal((200, 12_800u), (users.Usage.LiveBlocks, users.Usage.LiveBytes));
        Assert.Equal((10, 2560u), (channels.Usage.LiveBlocks, channels.Usage.LiveBytes));
        Assert.Equal((210, 15_360u), (arena.Statistics.LiveBlocks, arena.Statistics.LiveBytes));
        Assert.Equal(passThrough ? 0u : 56 * 64u, users.Usage.FreeBytes);
        Assert.Equal(passThrough ? 200 : 2, users.Usage.Slabs);
        Assert.Contains("users", users.ToString(), StringComparison.Ordinal);
        Assert.Contains("200", users.ToString(), StringComparison.Ordinal);

        foreach (nint element in elements)
        {
            (users.Contains(element) ? users : channels).Free(element);
        }

        Assert.Equal((0, 0u), (arena.Statistics.LiveBlocks, arena.Statistics.LiveBytes));
    }

    [Fact]
    public void TBa11NullIsReportedAndNoCrash()
    {
        using BlockHeap heap = BlockHeap.Create(64, PerBlock);

        Assert.Throws<ArgumentNullException>(() => heap.Free(0));
        Assert.Equal(0, heap.Usage.LiveBlocks);
    }

    [Theory]
    [InlineData("0", 1)]
    [InlineData("18446744073709551615", 1)]
    [InlineData("9223372036854775808", 2)]
    [InlineData("4611686018427387904", 4)]
    [InlineData("1073741825", 1)]
    [InlineData("64", 0)]
    [InlineData("64", -1)]
    [InlineData("64", int.MinValue)]
    [InlineData("64", int.MaxValue)]
    [InlineData("1048576", 1025)]
    public void TBa12IdioticSizesAreRejected(string size, int perBlock) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockHeap.Create((nuint)ulong.Parse(size, CultureInfo.InvariantCulture), perBlock));

    [Fact]
    public void TBa13WhereTheSystemRefusesAddressSpaceMallocStandsIn()
    {
        var memory = NewVirtualMemory(kind: Faults.MemoryKind.NoReservations);
        using var arena = new Arena(new ArenaOptions { Memory = memory });
        using (BlockHeap heap = BlockHeap.Create(64, PerBlock, new BlockHeapOptions { Arena = arena }))
        {
            nint[] elements = Touch(heap, 3000);
            Assert.True(memory.AlignedBlocks > 0);
            Array.ForEach(elements, heap.Free);
            Assert.Equal(-1, new Span<byte>((void*)heap.Alloc(), 64).IndexOfAnyExcept((byte)0));
            heap.Verify();
        }
    }

    private static nint[] Touch(BlockHeap heap, int count)
    {
        var elements = new nint[count];
        for (int i = 0; i < count; i++)
        {
            elements[i] = heap.Alloc();
            new Span<byte>((void*)elements[i], (int)heap.ElementSize).Fill(0x5A);
        }

        return elements;
    }
}
