using Rm.Diagnostics;
using Rm.Memory;
using Rm.Tool;

namespace Rm.Tests.Tool.Commands;

/// <summary>What <c>rmstate explain</c> says of addresses in, beside and far from guarded blocks, and of files that are none.</summary>
public sealed class ExplainCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    private string MapFile => Path.Combine(_folder, "blocks.map");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void EveryPlaceRoundABlockIsNamed()
    {
        using var allocator = new GuardedAllocator(new GuardedAllocatorOptions { MapFile = MapFile });
        nint block = allocator.Allocate(48);
        allocator.NoteSite(block, "/src/Decoder.cs", 88);
        string name = $"the block 0x{block:x} (48 bytes, live, allocated at Decoder.cs:88)";

        Assert.Equal($"0x{block + 64:x} lies 16 bytes past the end of {name}", Explain(block + 64));
        Assert.Equal($"0x{block + 48:x} lies directly behind the end of {name}", Explain(block + 48));
        Assert.Equal($"0x{block + 49:x} lies 1 byte past the end of {name}", Explain(block + 49));
        Assert.Equal($"0x{block + 47:x} lies 47 bytes into {name}", Explain(block + 47));
        Assert.Equal($"0x{block:x} is the start of {name}", Explain(block));
        Assert.Equal($"0x{block - 1:x} lies 1 byte before the start of {name}", Explain(block - 1));
        Assert.Equal(Explain(block - 4048), Explain($"{block - 4048}"));
        Assert.Equal(Explain(block + 40), Explain($"{block + 40:X}"));
    }

    [Fact]
    public void FreedBlockTellsBothSitesAndItsAge()
    {
        using var allocator = new GuardedAllocator(new GuardedAllocatorOptions { MapFile = MapFile });
        nint block = allocator.Allocate(1);
        allocator.NoteSite(block, "Decoder.cs", 88);
        allocator.Free(block, 1, 0);
        ((ISiteAware)allocator).NoteSite(block, freed: true, "Cache.cs", 12);
        allocator.Free(allocator.Allocate(1), 1, 0);

        (int code, string output, _) = Run("explain", MapFile, $"0x{block:x}");

        Assert.Equal(ExitCode.Success, code);
        string[] lines = output.TrimEnd().Split('\n');
        Assert.Equal($"0x{block:x} is the start of the block 0x{block:x} (1 byte, freed, allocated at Decoder.cs:88, freed at Cache.cs:12)", lines[0]);
        Assert.Equal("  freed blocks are inaccessible; 2 guarded blocks were allocated or freed after it", lines[1]);
    }

    [Fact]
    public void NeighboursAreNamed()
    {
        using var allocator = new GuardedAllocator(new GuardedAllocatorOptions { MapFile = MapFile });
        nint[] blocks = [.. Enumerable.Range(0, 3).Select(_ => allocator.Allocate(16)).Order()];

        string[] lines = Run("explain", MapFile, $"{blocks[1] + 20}").Output.TrimEnd().Split('\n');

        Assert.Equal($"0x{blocks[1] + 20:x} lies 4 bytes past the end of the block 0x{blocks[1]:x} (16 bytes, live)", lines[0]);
        Assert.Equal($"  nearest below: the block 0x{blocks[0]:x} (16 bytes, live), which ends {blocks[1] + 4 - blocks[0]} bytes before it", lines[1]);
        Assert.Equal($"  nearest above: the block 0x{blocks[2]:x} (16 bytes, live), which begins {blocks[2] - blocks[1] - 20} bytes behind it", lines[2]);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public void AddressAtNoBlockEndsWithOne()
    {
        using var allocator = new GuardedAllocator(new GuardedAllocatorOptions { MapFile = MapFile });
        Assert.Equal((ExitCode.Failed, "0x1000 lies at no guarded block, live or in quarantine\n", ""), Run("explain", MapFile, "4096"));
        nint block = allocator.Allocate(16);

        (int code, string output, _) = Run("explain", MapFile, "0x1000");

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal($"  nearest above: the block 0x{block:x} (16 bytes, live), which begins {block - 4096} bytes behind it", output.TrimEnd().Split('\n')[1]);
    }

    [Fact]
    public void DamagedRecordsAreCountedAndLeftOut()
    {
        nint block;
        byte[] bytes;
        using (var allocator = new GuardedAllocator(new GuardedAllocatorOptions { MapFile = MapFile, MaxBlocks = 5 }))
        {
            allocator.Allocate(16);
            block = allocator.Allocate(16);
            bytes = File.ReadAllBytes(MapFile);
        }

        bytes[GuardMapRecord.Bytes] = 77;
        File.WriteAllBytes(MapFile, bytes);

        (int code, string output, string error) = Run("explain", MapFile, $"{block}");

        Assert.Equal((ExitCode.Success, $"rmstate: {MapFile}: 1 of 5 records are damaged and were left out"), (code, error.TrimEnd()));
        Assert.StartsWith($"0x{block:x} is the start", output, StringComparison.Ordinal);
    }

    [Fact]
    public void FilesThatCannotBeReadAreOneLineAndEndWithTwo()
    {
        string foreign = Path.Combine(_folder, "foreign");
        File.WriteAllText(foreign, "not a map at all");
        string empty = Path.Combine(_folder, "empty");
        File.WriteAllBytes(empty, []);
        string missing = Path.Combine(_folder, "missing");

        Assert.Equal((ExitCode.Usage, "", $"rmstate: {foreign}: not a map file of guarded blocks\n"), Run("explain", foreign, "0x10"));
        Assert.Equal((ExitCode.Usage, "", $"rmstate: {empty}: not a map file of guarded blocks\n"), Run("explain", empty, "0x10"));
        Assert.Equal((ExitCode.Usage, "", $"rmstate: {missing}: no such file\n"), Run("explain", missing, "0x10"));
        Assert.Equal((ExitCode.Usage, "", $"rmstate: {_folder}: is a directory\n"), Run("explain", _folder, "0x10"));
        Assert.Equal((ExitCode.Usage, "", "rmstate: /dev/zero: not a map file of guarded blocks\n"), Run("explain", "/dev/zero", "0x10"));
    }

    [Theory]
    [InlineData("0x")]
    [InlineData("here")]
    [InlineData("12 34")]
    [InlineData("-5")]
    [InlineData("0x11112222333344445")]
    [InlineData("99999999999999999999999")]
    public void WhatIsNoAddressIsRefused(string address)
    {
        (int code, string output, string error) = Run("explain", "--", MapFile, address);

        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.StartsWith($"rmstate: '{address}' is no address", error, StringComparison.Ordinal);
    }

    private string Explain(nint address) => Explain($"0x{address:x}");

    private string Explain(string address)
    {
        (int code, string output, string error) = Run("explain", MapFile, address);
        Assert.Equal((ExitCode.Success, ""), (code, error));
        return output.Split('\n')[0];
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = Program.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
