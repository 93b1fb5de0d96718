using Rm.Tool.Replay;
using Rm.Tool.Traces;
using Rm.Violations;

namespace Rm.Tests.Tool.Replay;

/// <summary>A state whose books differ from the trace is reported.</summary>
public sealed class StateAuditTests
{
    private static readonly TraceStatistics OneBlockOfTen = Scripts.Written(w => w.Malloc(10)).Statistics;

    [Fact]
    public void RightBooksPass() => Assert.Empty(Audit(state => state.RmMalloc(10)));

    [Fact]
    public void BlockTooManyIsReported() => AssertReports(
        "blocks live in the state: 2, and the trace says 1",
        state =>
        {
            state.RmMalloc(10);
            state.RmMalloc(0);
        });

    [Fact]
    public void WrongSizeIsReported() => AssertReports(
        "bytes live in the state: 11, and the trace says 10",
        state => state.RmMalloc(11));

    [Fact]
    public void ReferenceTooManyIsReported() => AssertReports(
        "a block of 10 bytes ends with a count of 2",
        state => state.RmRetain(state.RmMalloc(10)));

    [Fact]
    public void ViolationIsReported() => AssertReports(
        "violations the state counted: 1, and the trace says 0",
        state =>
        {
            state.RmMalloc(10);
            Assert.Throws<UntrackedPointerException>(() => state.RmRelease(16));
        });

    private static void AssertReports(string message, Action<RmState> use) =>
        Assert.Contains(Audit(use), m => string.Equals(m, message, StringComparison.Ordinal));

    [Fact]
    public void SizeThatAnAllocatorRoundsUpPasses()
    {
        Assert.Empty(Audit(state => state.RmMalloc(16), mostBytes: 16));
        Assert.Equal("bytes live in the state: 17, and should be 10 to 16", Assert.Single(Audit(state => state.RmMalloc(17), mostBytes: 16)));
        Assert.Equal("bytes live in the state: 9, and should be 10 to 16", Assert.Single(Audit(state => state.RmMalloc(9), mostBytes: 16)));
    }

    private static IReadOnlyList<string> Audit(Action<RmState> use, long mostBytes = 10)
    {
        using var state = new RmState();
        use(state);
        var tally = new ReplayTally();
        StateAudit.Run(state, OneBlockOfTen, mostBytes, tally);
        return tally.Messages;
    }
}
