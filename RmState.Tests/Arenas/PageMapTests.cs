using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>The page map answers for any address, and only for what was set.</summary>
public sealed class PageMapTests : LeakChecked
{
    private static readonly nuint Leaf = (nuint)1 << 32;
    private static readonly nint LastAddress = (nint)(((nuint)1 << 48) - 1);

    [Theory]
    [InlineData(MemoryKind.Native)]
    [InlineData(MemoryKind.NoReservations)]
    [InlineData(MemoryKind.LargePages)]
    public void UnknownAddressesAreNobodys(MemoryKind kind)
    {
        using var map = new PageMap(NewVirtualMemory(kind: kind));
        nint[] addresses =
        [
            0, 1, 65535, 65536, (nint)Leaf - 1, (nint)Leaf, LastAddress / 2, LastAddress, LastAddress + 1, -1, nint.MinValue, nint.MaxValue,
        ];
        Assert.All(addresses, address => Assert.Equal(0UL, map.Find(address)));
    }

    [Theory]
    [InlineData(MemoryKind.Native)]
    [InlineData(MemoryKind.NoReservations)]
    [InlineData(MemoryKind.LargePages)]
    public void EntriesAreThoseOfAModel(MemoryKind kind)
    {
        using var map = new PageMap(NewVirtualMemory(kind: kind));
        var random = new Random(1);
        var model = new Dictionary<nint, ulong>();
        nint[] bases = [0, (nint)Leaf, (nint)(5 * Leaf) - (20 * Granule.Bytes), unchecked((nint)0x7000_0000_0000), LastAddress + 1 - (40 * Granule.Bytes)];
        Assert.All(bases, start => Assert.True(map.Prepare(start, 40 * Granule.Bytes)));
        for (int round = 0; round < 3000; round++)
        {
            int granules = random.Next(1, 30);
            nint start = bases[random.Next(bases.Length)] + (random.Next(40 - granules) * (nint)Granule.Bytes);
            ulong entry = random.Next(3) == 0 ? 0 : (ulong)random.NextInt64();
            map.Set(start, (nuint)granules, entry);
            for (int i = 0; i < granules; i++)
            {
                model[start + (i * (nint)Granule.Bytes)] = entry;
            }
        }

        foreach (nint start in bases.SelectMany(b => Enumerable.Range(-2, 44).Select(i => b + (i * (nint)Granule.Bytes))))
        {
            ulong expected = model.GetValueOrDefault(start);
            Assert.Equal(expected, map.Find(start));
            Assert.Equal(expected, map.Find(start + 1));
            Assert.Equal(expected, map.Find(start + Granule.Bytes - 1));
            Assert.True((nuint)start > (nuint)LastAddress || PageMap.Lookup(map.Root, start) == expected);
        }
    }

    [Fact]
    public void StretchesOverSeveralLeavesCanBeSet()
    {
        using var map = new PageMap(NewVirtualMemory());
        nint start = unchecked((nint)0x1234_0000_0000);
        Assert.True(map.Prepare(start + Granule.Bytes, 3 * Leaf));
        nuint granules = 3 * Leaf / Granule.Bytes;
        map.Set(start + Granule.Bytes, granules, 77);
        Assert.Equal(0UL, map.Find(start));
        Assert.Equal(77UL, map.Find(start + Granule.Bytes));
        Assert.Equal(77UL, map.Find(start + (nint)Leaf));
        Assert.Equal(77UL, map.Find(start + (nint)(3 * Leaf) + Granule.Bytes - 1));
        Assert.Equal(0UL, map.Find(start + (nint)(3 * Leaf) + Granule.Bytes));
    }

    [Fact]
    public void AddressesAbove48BitsCannotBePrepared()
    {
        using var map = new PageMap(NewVirtualMemory());
        Assert.False(map.Prepare(LastAddress + 1, Granule.Bytes));
        Assert.False(map.Prepare(LastAddress + 1 - Granule.Bytes, 2 * Granule.Bytes));
        Assert.False(map.Prepare(unchecked((nint)0xFFFF_8000_0000_0000), Granule.Bytes));
        Assert.True(map.Prepare(LastAddress + 1 - Granule.Bytes, Granule.Bytes));
    }

    [Fact]
    public void LeavesAreTakenOnceAndOnlyWhereNeeded()
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        using var map = new PageMap(memory);
        Assert.Equal(1, memory.Reservations);
        nuint bytes = map.Bytes;
        Assert.True(map.Prepare(0, Granule.Bytes));
        Assert.True(map.Prepare((nint)Leaf - Granule.Bytes, Granule.Bytes));
        Assert.Equal(2, memory.Reservations);
        Assert.True(map.Prepare((nint)Leaf - Granule.Bytes, 2 * Granule.Bytes));
        Assert.Equal(3, memory.Reservations);
        Assert.True(map.Bytes > bytes);
        Assert.InRange(map.MeasureResident(), 1u, map.Bytes);
    }

    [Fact]
    public void WithoutMemoryNothingIsPreparedAndTheMapStaysAsItWas()
    {
        var plan = new FaultPlan();
        FaultyVirtualMemory memory = NewVirtualMemory(plan);
        using var map = new PageMap(memory);
        Assert.True(map.Prepare(0, Granule.Bytes));
        map.Set(0, 1, 5);
        plan.FailFromNow();
        Assert.False(map.Prepare((nint)Leaf, Leaf));
        Assert.True(map.Prepare(Granule.Bytes, Granule.Bytes));
        Assert.Equal(5UL, map.Find(0));
        Assert.Equal(0UL, map.Find((nint)Leaf));
        plan.Stop();
        Assert.True(map.Prepare((nint)Leaf, Leaf));
    }

    [Fact]
    public void WithoutMemoryThereIsNoMap()
    {
        var plan = new FaultPlan();
        plan.FailFromNow();
        FaultyVirtualMemory memory = NewVirtualMemory(plan);
        OutOfMemoryException refused = Assert.Throws<OutOfMemoryException>(() => new PageMap(memory));
        Assert.Contains("page map", refused.Message, StringComparison.Ordinal);
    }
}
