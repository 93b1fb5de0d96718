using Rm.Diagnostics;
using Rm.Memory;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Diagnostics;

/// <summary>The map file shows what the allocator holds at any moment; a damaged one is refused or read in part, never trusted.</summary>
public sealed class GuardMapTests : LeakChecked
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-map-").FullName;

    private string MapFile => Path.Combine(_folder, "blocks.map");

    public override void Dispose()
    {
        base.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void FileFollowsEveryAllocationAndFree()
    {
        using GuardedAllocator allocator = Make(maxBlocks: 10);
        Assert.Empty(GuardMap.Read(MapFile).Entries);
        nint first = allocator.Allocate(100);
        nint second = allocator.AllocateAligned(5000, 64);
        allocator.NoteSite(second, "/home/somebody/src/Decoder.cs", 88);
        allocator.Free(first, 100, 0);

        GuardMap map = GuardMap.Read(MapFile);

        Assert.Equal((3UL, 10u, (uint)Environment.ProcessId), (map.Header.Sequence, map.Header.Records, map.Header.ProcessId));
        GuardMapEntry freed = map.Find((ulong)first)!;
        Assert.Equal(((ulong)first, 100UL, true, 1UL, 3UL), (freed.Block, freed.Size, freed.IsFreed, freed.AllocatedAs, freed.FreedAs));
        Assert.Equal((null, null), (freed.AllocationSite, freed.FreeSite));
        GuardMapEntry live = map.Find((ulong)second + 5500)!;
        Assert.Equal(((ulong)second, 5000UL, false, 2UL, 0UL), (live.Block, live.Size, live.IsFreed, live.AllocatedAs, live.FreedAs));
        Assert.Equal("Decoder.cs:88", live.AllocationSite);
        Assert.Null(live.FreeSite);
        Assert.Equal(allocator.Statistics.BytesReserved, (nuint)(freed.ReservedBytes + live.ReservedBytes));
        Assert.Equal(0, map.Damaged);
        allocator.Free(second, 0, 0);
    }

    [Fact]
    public void PlaceThatIsNeededAgainForgetsItsOldBlock()
    {
        using GuardedAllocator allocator = Make(maxBlocks: 1);
        nint first = allocator.Allocate(100);
        allocator.NoteSite(first, "Old.cs", 1);
        ((ISiteAware)allocator).NoteSite(first, freed: true, "Old.cs", 2);
        allocator.Free(first, 100, 0);
        nint second = allocator.Allocate(200);

        GuardMapEntry entry = Assert.Single(GuardMap.Read(MapFile).Entries);

        Assert.Equal(((ulong)second, 200UL, false), (entry.Block, entry.Size, entry.IsFreed));
        Assert.Equal((null, null), (entry.AllocationSite, entry.FreeSite));
        allocator.Free(second, 0, 0);
    }

    [Fact]
    public void FirstFreeIsTheOneShownAndForeignBlocksAreNot()
    {
        using GuardedAllocator allocator = Make(maxBlocks: 4);
        ISiteAware sites = allocator;
        nint block = allocator.Allocate(10);
        sites.NoteSite(block, freed: false, @"C:\work\Parser.cs", 7);
        sites.NoteSite(block, freed: true, "RefusedFree.cs", 6);
        sites.NoteSite(block, freed: true, @"C:\work\Parser.cs", 8);
        allocator.Free(block, 10, 0);
        sites.NoteSite(block, freed: true, "Second.cs", 9);
        sites.NoteSite(block + 1, freed: false, "Interior.cs", 1);
        sites.NoteSite(12345, freed: false, "Nobody.cs", 1);

        GuardMapEntry entry = Assert.Single(GuardMap.Read(MapFile).Entries);

        Assert.Equal(("Parser.cs:7", "Parser.cs:8"), (entry.AllocationSite, entry.FreeSite));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    public void LongNamesKeepTheirEnd(int length)
    {
        using GuardedAllocator allocator = Make(maxBlocks: 4);
        nint block = allocator.Allocate(10);
        allocator.NoteSite(block, new string('ü', length) + "End.cs", int.MaxValue);

        string site = Assert.Single(GuardMap.Read(MapFile).Entries).AllocationSite!;

        Assert.EndsWith("üEnd.cs:2147483647", site, StringComparison.Ordinal);
        Assert.InRange(site.Length, 40, SiteText.Bytes);
        allocator.Free(block, 0, 0);
    }

    [Fact]
    public void FileIsReplacedAndDeletedInTheEnd()
    {
        File.WriteAllText(MapFile, "something else");
        GuardedAllocator allocator = Make(maxBlocks: 3);
        allocator.Allocate(10);
        Assert.Equal(4 * GuardMapRecord.Bytes, new FileInfo(MapFile).Length);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(MapFile) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));

        allocator.Dispose();

        Assert.False(File.Exists(MapFile));
    }

    [Fact]
    public void FileThatCannotBeMadeIsAnErrorAtOnce()
    {
        Assert.ThrowsAny<IOException>(() => new GuardedAllocator(new GuardedAllocatorOptions { MapFile = Path.Combine(_folder, "no", "file") }));
        Assert.ThrowsAny<Exception>(() => new GuardedAllocator(new GuardedAllocatorOptions { MapFile = _folder }));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void FileCutAnywhereIsRefused()
    {
        byte[] whole = Bytes();
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            string message = Assert.Throws<InvalidDataException>(() => GuardMap.Parse(cut)).Message;
            Assert.Contains(length < 8 ? "not a map file" : "cut short", message, StringComparison.Ordinal);
        }

        Assert.Contains("damaged", Assert.Throws<InvalidDataException>(() => GuardMap.Parse([.. whole, 0])).Message, StringComparison.Ordinal);
        Assert.Equal(2, GuardMap.Parse(whole).Entries.Count);
    }

    [Theory]
    [InlineData(0, 0xFF, "not a map file")]
    [InlineData(8, 2, "version 2 of the format; this reader knows version 1")]
    [InlineData(12, 3, "records of 259 bytes")]
    [InlineData(16, 0, "the header says 0 records")]
    [InlineData(19, 0x40, "damaged")]
    public void HeaderThatIsWrongIsRefused(int at, byte value, string says)
    {
        byte[] bytes = Bytes();
        bytes[at] = value;
        Assert.Contains(says, Assert.Throws<InvalidDataException>(() => GuardMap.Parse(bytes)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(15, 0x80)]
    [InlineData(22, 1)]
    [InlineData(31, 0xFF)]
    [InlineData(38, 1)]
    [InlineData(47, 0x90)]
    [InlineData(55, 0xFF)]
    public void RecordThatContradictsItselfIsLeftOut(int at, byte value)
    {
        byte[] bytes = Bytes();
        bytes[GuardMapRecord.Bytes + at] = value;

        var map = GuardMap.Parse(bytes);

        Assert.Equal((1, 1), (map.Entries.Count, map.Damaged));
    }

    [Fact]
    public void RandomDamageNeverBringsTheReaderDown()
    {
        byte[] whole = Bytes();
        var random = new Random(1);
        int read = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. whole];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                bytes[random.Next(8, random.Next(2) == 0 ? 80 : bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                var map = GuardMap.Parse(bytes);
                read += map.Entries.Count;
                Assert.All(map.Entries, e => Assert.True(e.Holds(e.Block) || e.Size == 0));
                Assert.DoesNotContain(map.Entries, e => e.AllocationSite?.Any(char.IsControl) == true);
            }
            catch (InvalidDataException)
            {
                // As it should be.
            }
        }

        Assert.True(read > 1000, $"only {read} blocks were read: the damage is too great to say anything");
    }

    private byte[] Bytes()
    {
        using GuardedAllocator allocator = Make(maxBlocks: 3);
        allocator.NoteSite(allocator.Allocate(100), "Decoder.cs", 88);
        allocator.Free(allocator.Allocate(300), 300, 0);
        return File.ReadAllBytes(MapFile);
    }

    private GuardedAllocator Make(int maxBlocks) =>
        new(new GuardedAllocatorOptions { MapFile = MapFile, MaxBlocks = maxBlocks, Memory = NewVirtualMemory() });
}
