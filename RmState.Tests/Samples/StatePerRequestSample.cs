using Rm.Interop;

namespace Rm.Tests.Samples;

/// <summary>A request rents a state; whatever it forgets is reported and freed when the state goes back.</summary>
public sealed class StatePerRequestSample
{
    [Fact]
    public void ARequestLeavesNothingBehind()
    {
        var log = new List<string>();

        #region state-per-request
        using var pool = new RmStatePool(new RmStateOptions
        {
            Name = "requests",
            OnLeak = report => log.Add(report.ToString()),
        });

        void Handle()
        {
            using RmStateLease lease = pool.Lease();
            RmState state = lease.State;
            nint header = state.RmMalloc(64);
            nint body = state.RmMalloc(8192);
            state.RmRelease(header);
            // body is forgotten: returning the state reports it and frees it.
        }

        Handle();
        #endregion

        string report = Assert.Single(log);
        Assert.StartsWith("state 'requests': 1 blocks live, 8192 bytes of known size", report, StringComparison.Ordinal);
        Assert.Equal(1, pool.Idle);
    }
}
