using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Diagnostics;

/// <summary>What a difference calls new, gone and grown.</summary>
public sealed class SnapshotDiffTests : LeakChecked
{
    [Theory]
    [InlineData(RmDiagnosticsLevel.Counters, false)]
    [InlineData(RmDiagnosticsLevel.Sites, true)]
    [InlineData(RmDiagnosticsLevel.Full, true)]
    public void AReusedAddressIsANewBlockWhereBirthsAreRecorded(RmDiagnosticsLevel level, bool known)
    {
        RmState state = NewState(new RmStateOptions { Level = level });
        nint address = Fakes.Address(1);
        state.RmAttach(address, Fakes.Leave, null, "A.cs", 1);
        RmSnapshot before = state.Snapshot();
        state.RmRelease(address);
        state.RmAttach(address, Fakes.Leave, null, "A.cs", 1);

        RmSnapshotDiff diff = state.Snapshot().Since(before);
        state.RmRelease(address);

        Assert.Equal(known ? [address] : [], diff.Came.Select(block => block.Address));
        Assert.Equal(known ? [address] : [], diff.Went.Select(block => block.Address));
        Assert.Equal((0, 0), (diff.CountDelta, diff.BytesDelta));
        Assert.Empty(diff.GrownSites);
    }

    [Fact]
    public void AMovedBlockIsTheSame()
    {
        RmState state = NewState(new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
        nint block = state.RmMalloc(10, "A.cs", 1);
        nint wall = state.RmMalloc(10, "B.cs", 1);
        RmSnapshot before = state.Snapshot();
        nint moved = state.RmRealloc(block, 1_000_000);

        RmSnapshotDiff diff = state.Snapshot().Since(before);
        state.RmRelease(moved);
        state.RmRelease(wall);

        Assert.NotEqual(block, moved);
        Assert.Empty(diff.Came);
        Assert.Empty(diff.Went);
        Assert.Equal([new RmSiteGrowth(new RmSite("A.cs", 1), 0, 999_990)], diff.GrownSites);
    }

    [Fact]
    public void GrownSitesAreOrderedByBytesThenCount()
    {
        RmState state = NewState(new RmStateOptions { Name = "s", Level = RmDiagnosticsLevel.Sites });
        nint shrinking = state.RmMalloc(5000, "Shrinking.cs", 1);
        RmSnapshot before = state.Snapshot();
        List<nint> blocks = [state.RmMalloc(100, "One.cs", 1), state.RmMalloc(50, "Two.cs", 1), state.RmMalloc(50, "Two.cs", 1), state.RmMalloc(500, "Most.cs", 9)];
        state.RmRelease(shrinking);

        RmSnapshotDiff diff = state.Snapshot().Since(before);

        Assert.Equal(["Most.cs:9: +1 blocks, +500 bytes", "Two.cs:1: +2 blocks, +100 bytes", "One.cs:1: +1 blocks, +100 bytes"], diff.GrownSites.Select(g => g.ToString()), StringComparer.Ordinal);
        string[] lines = diff.ToString(2).Split('\n');
        Assert.StartsWith("state 's' in ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(": +3 blocks, -4300 bytes of known size; 4 came, 1 went", lines[0], StringComparison.Ordinal);
        Assert.Equal(["", "grown site  blocks  bytes", "Most.cs:9       +1   +500", "Two.cs:1        +2   +100", "and 1 more sites"], lines[1..]);
        blocks.ForEach(block => state.RmRelease(block));
    }

    [Fact]
    public void OnlyTwoOfTheSameStateInTheirOrderAreCompared()
    {
        RmState state = NewState(new RmStateOptions { Name = "one" });
        RmSnapshot before = state.Snapshot();
        state.RmRelease(state.RmMalloc(1));
        RmSnapshot after = state.Snapshot();

        Assert.Equal(0, RmSnapshot.Diff(before, after).CountDelta);
        Assert.Throws<ArgumentException>(() => RmSnapshot.Diff(after, before));
        Assert.Throws<ArgumentException>(() => NewState().Snapshot().Since(before));
        Assert.Throws<ArgumentNullException>(() => after.Since(null!));
    }
}
