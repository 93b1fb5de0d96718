using Rm.Arenas;
using Rm.Diagnostics;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Diagnostics;

/// <summary>An arena's measurements are its statistics.</summary>
public sealed class ArenaMeterTests : LeakChecked
{
    private readonly MeterRecorder _recorder = new();

    public override void Dispose()
    {
        _recorder.Dispose();
        base.Dispose();
    }

    [Fact]
    public void MeasurementsAreTheStatistics()
    {
        using var meter = new RmMeter(_recorder);
        Arena arena = NewArena(new ArenaOptions { Name = "pages" });
        meter.Add(arena);
        SizeClassHeap heap = arena.CreateHeap();
        Assert.NotEqual(0, heap.Allocate(100_000));
        Assert.NotEqual(0, heap.Allocate(64));

        ArenaStatistics expected = arena.Statistics;
        Assert.Equal(2, expected.LiveBlocks);
        Assert.True(expected.CommittedBytes > 100_000);
        Assert.Equal(
            new Dictionary<string, long>(StringComparer.Ordinal)
            {
                ["rmstate.arena.bytes.reserved{rmstate.arena.name=pages}"] = (long)expected.ReservedBytes,
                ["rmstate.arena.bytes.committed{rmstate.arena.name=pages}"] = (long)expected.CommittedBytes,
                ["rmstate.arena.bytes.spare{rmstate.arena.name=pages}"] = (long)expected.SpareBytes,
                ["rmstate.arena.bytes.live{rmstate.arena.name=pages}"] = (long)expected.LiveBytes,
                ["rmstate.arena.bytes.metadata{rmstate.arena.name=pages}"] = (long)expected.MetadataBytes,
                ["rmstate.arena.blocks.live{rmstate.arena.name=pages}"] = expected.LiveBlocks,
                ["rmstate.arena.chunks{rmstate.arena.name=pages}"] = expected.Chunks,
                ["rmstate.arena.pools{rmstate.arena.name=pages}"] = 1,
            },
            _recorder.Read());
    }

    [Fact]
    public void ADisposedArenaHasNothing()
    {
        using var meter = new RmMeter(_recorder);
        Arena arena = NewArena();
        Arena stays = NewArena();
        meter.Add(arena);
        meter.Add(stays);
        arena.CreateHeap().Allocate(64);
        long both = _recorder.Read()["rmstate.arena.bytes.metadata"];
        arena.Dispose();

        Assert.Equal((long)stays.Statistics.MetadataBytes, _recorder.Read()["rmstate.arena.bytes.metadata"]);
        Assert.True(both > (long)stays.Statistics.MetadataBytes);
        Assert.Equal(0, _recorder.Read()["rmstate.arena.blocks.live"]);
        Assert.Throws<ObjectDisposedException>(() => meter.Add(arena));
        Assert.Throws<ArgumentException>(() => meter.Add(stays));
        Assert.Throws<ArgumentNullException>(() => meter.Add((Arena)null!));
    }
}
