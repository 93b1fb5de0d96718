using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Replay;

/// <summary>A planted error tells a check that sees from one that does not.</summary>
public sealed class SpareBlockTests
{
    [Fact]
    public void WorkingCheckSeesThePlantedError()
    {
        (bool seen, ReplayTally tally) = Plant(BlockPattern.Check);

        Assert.True(seen);
        Assert.Equal(0, tally.Violations);
        Assert.Equal(3, tally.Checks);
    }

    [Fact]
    public void BlindCheckDoesNot() => Assert.False(Plant((_, _, _, _, _, _) => { }).Seen);

    [Fact]
    public void CheckThatAlwaysReportsDoesNot()
    {
        (bool seen, ReplayTally tally) = Plant((_, _, _, _, _, t) => t.Report("always"));

        Assert.False(seen);
        Assert.Equal("always", Assert.Single(tally.Messages));
    }

    private static (bool Seen, ReplayTally Tally) Plant(PatternCheck check)
    {
        var heap = MallocHeap.Create();
        var tally = new ReplayTally();
        SpareBlock spare = SpareBlock.Allocate(ref heap);
        bool seen = spare.PlantError(tally, check);
        spare.Free(ref heap, tally);
        Assert.Equal(1, tally.SpareBlocks);
        return (seen, tally);
    }
}
