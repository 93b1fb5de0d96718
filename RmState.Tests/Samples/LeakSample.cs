using Rm.Violations;

namespace Rm.Tests.Samples;

/// <summary>What happens to blocks that nobody released.</summary>
public sealed class LeakSample
{
    [Fact]
    public void ALeakIsReportedBeforeItIsFreed()
    {
        var log = new List<string>();

        #region on-leak
        using (var state = new RmState(new RmStateOptions { Name = "decoder", OnLeak = report => log.Add(report.ToString()) }))
        {
            nint frame = state.RmMalloc(4096);
            state.RmRetain(frame);
        }                                               // OnLeak hears of the frame, then it is freed
        #endregion

        Assert.StartsWith("state 'decoder': 1 blocks live, 4096 bytes of known size\n  0x", Assert.Single(log), StringComparison.Ordinal);
        Assert.EndsWith(": count 2, 4096 bytes", log[0], StringComparison.Ordinal);
    }

    [Fact]
    public void APolicyMayForbidThem()
    {
        bool refused = false;

        #region throw-if-live
        var state = new RmState(new RmStateOptions { Name = "test", DisposePolicy = RmDisposePolicy.ThrowIfLive });
        nint block = state.RmMalloc(16);
        try
        {
            state.Dispose();
        }
        catch (LiveBlocksException)
        {
            refused = true;                             // nothing changed: the state and the block live on
        }

        state.RmRelease(block);
        state.Dispose();                                // now there is nothing to refuse
        #endregion

        Assert.True(refused);
        Assert.True(state.IsDisposed);
        Assert.Equal(1, state.LastReport!.LiveBlocks);
    }
}
