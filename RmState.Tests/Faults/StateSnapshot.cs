namespace Rm.Tests.Faults;

/// <summary>Everything of a state that a failed call must leave as it was.</summary>
internal sealed class StateSnapshot
{
    private readonly RmStatistics _statistics;
    private readonly (nint Address, long Count, nuint? Size)[] _blocks;

    private StateSnapshot(RmState state)
    {
        _statistics = Stable(state.Statistics);
        _blocks = [.. state.RmBlocks.Select(b => (b.Address, b.Count, b.Size)).Order()];
    }

    public static StateSnapshot Of(RmState state) => new(state);

    /// <summary>Fails the test unless the state is as it was; violations apart, which a refused call counts.</summary>
    public void AssertUnchanged(RmState state, long newViolations = 0)
    {
        var now = new StateSnapshot(state);
        Assert.Equal(_statistics with { Violations = _statistics.Violations + newViolations }, now._statistics);
        Assert.Equal(_blocks, now._blocks);
        state.Verify();
    }

    // A failed call may still have moved some slots of a table that was growing anyway.
    private static RmStatistics Stable(RmStatistics statistics) => statistics with
    {
        Capacity = 0,
        DeadSlots = 0,
        TableBytes = 0,
        SlotsMoved = 0,
        BytesUnmapped = 0,
    };
}
