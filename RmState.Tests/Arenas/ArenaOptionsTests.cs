using Rm.Arenas;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>Options are refused at construction when they make no sense, and taken at their bounds.</summary>
public sealed class ArenaOptionsTests : LeakChecked
{
    public static TheoryData<string, ArenaOptions> Bad => new()
    {
        { nameof(ArenaOptions.ChunkSize), new ArenaOptions { ChunkSize = 0 } },
        { nameof(ArenaOptions.ChunkSize), new ArenaOptions { ChunkSize = (1 << 20) - 1 } },
        { nameof(ArenaOptions.ChunkSize), new ArenaOptions { ChunkSize = ((nuint)1 << 40) + 1 } },
        { nameof(ArenaOptions.ChunkSize), new ArenaOptions { ChunkSize = nuint.MaxValue } },
        { nameof(ArenaOptions.SpareFraction), new ArenaOptions { SpareFraction = -0.01 } },
        { nameof(ArenaOptions.SpareFraction), new ArenaOptions { SpareFraction = 1.01 } },
        { nameof(ArenaOptions.SpareFraction), new ArenaOptions { SpareFraction = double.NaN } },
        { nameof(ArenaOptions.TrimEvery), new ArenaOptions { TrimEvery = -1 } },
        { nameof(ArenaOptions.TrimInterval), new ArenaOptions { TrimInterval = TimeSpan.FromTicks(-1) } },
    };

    public static TheoryData<ArenaOptions> Good =>
    [
        new ArenaOptions { ChunkSize = 1 << 20 },
        new ArenaOptions { ChunkSize = (1 << 20) + 1 },
        new ArenaOptions { ChunkSize = (nuint)1 << 40 },
        new ArenaOptions { SpareFraction = 0 },
        new ArenaOptions { SpareFraction = 1 },
        new ArenaOptions { TrimEvery = long.MaxValue, TrimInterval = TimeSpan.MaxValue },
        new ArenaOptions { Name = "named" },
        new ArenaOptions { PassThrough = true },
    ];

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void BadOptionIsNamed(string option, ArenaOptions options)
    {
        ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(() => new Arena(options));
        Assert.Equal(option, refused.ParamName);
    }

    [Theory]
    [MemberData(nameof(Good), DisableDiscoveryEnumeration = true)]
    public void ArenaWorksAtTheBounds(ArenaOptions options)
    {
        Arena arena = NewArena(options);
        var work = new HeapWork(arena.CreateHeap(), 1);
        work.Run(500);
        arena.Verify();
        Assert.Equal(0, work.Refused);
        Assert.Equal((options.Name, options.PassThrough, options.SpareFraction), (arena.Name, arena.IsPassThrough, arena.SpareFraction));
        Assert.Equal(options.CommitLimit, arena.CommitLimit);
    }

    [Fact]
    public void ChunkSizeIsRoundedUpToGranules()
    {
        Arena arena = NewArena(new ArenaOptions { ChunkSize = (1 << 20) + 1 });
        Assert.Equal(0u, arena.ReservedBytes);
        _ = arena.CreateHeap().Allocate(100);
        Assert.Equal((nuint)(1 << 20) + Granule.Bytes, arena.ReservedBytes);
    }

    [Fact]
    public void NullIsRefused() => Assert.Throws<ArgumentNullException>(() => new Arena(null!));

    [Fact]
    public void SpareFractionIsCheckedWhenItIsSet()
    {
        Arena arena = NewArena();
        Assert.Equal(0.25, arena.SpareFraction);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.SpareFraction = 1.5);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.SpareFraction = double.NaN);
        Assert.Equal(0.25, arena.SpareFraction);
        arena.SpareFraction = 0.75;
        Assert.Equal(0.75, arena.SpareFraction);
    }

    [Fact]
    public void TextHasNameAndBytes()
    {
        Arena arena = NewArena(new ArenaOptions { Name = "pictures" });
        _ = arena.CreateHeap().Allocate(100);
        Assert.Equal($"Arena 'pictures', {arena.CommittedBytes} bytes committed, {arena.SpareBytes} of them spare", arena.ToString());
        arena.Dispose();
        Assert.Equal("Arena 'pictures', disposed", arena.ToString());
    }
}
