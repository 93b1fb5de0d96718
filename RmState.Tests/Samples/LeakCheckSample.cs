using Rm.Diagnostics;

namespace Rm.Tests.Samples;

/// <summary>How a program proves that it leaks nothing, and finds where it does.</summary>
public sealed class LeakCheckSample
{
    [Fact]
    public void TwoSnapshotsSayWhatGrew()
    {
        string grown = "";

        #region snapshot-diff
        using var state = new RmState(new RmStateOptions { Name = "decoder", Level = RmDiagnosticsLevel.Sites });
        RmSnapshot before = state.Snapshot();
        for (int i = 0; i < 100; i++)
        {
            state.RmMalloc(4096);                       // who releases these?
        }

        RmSnapshotDiff diff = state.Snapshot().Since(before);
        foreach (RmSiteGrowth site in diff.GrownSites)
        {
            grown = site.ToString();                    // LeakCheckSample.cs:21: +100 blocks, +409600 bytes
        }
        #endregion

        Assert.Matches(@"^LeakCheckSample\.cs:\d+: \+100 blocks, \+409600 bytes$", grown);
        Assert.Equal(100, diff.Came.Count);
    }

    [Fact]
    public void SnapshotsAreKept()
    {
        string path = Path.GetTempFileName();
        using var state = new RmState();
        nint block = state.RmMalloc(16);

        #region snapshot-json
        using (FileStream file = File.Create(path))
        {
            state.Snapshot().WriteJson(file);
        }

        state.RmRelease(block);

        RmSnapshot kept = RmSnapshot.FromJson(File.ReadAllText(path));
        string report = state.Snapshot().Since(kept).ToString();
        #endregion

        File.Delete(path);
        Assert.EndsWith(": -1 blocks, -16 bytes of known size; 0 came, 1 went", report, StringComparison.Ordinal);
    }

    [Fact]
    public void AScopeFindsALeak()
    {
        using var state = new RmState(new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
        string message = "";

        #region leak-scope
        try
        {
            using RmLeakScope scope = state.BeginLeakScope();
            nint packet = state.RmMalloc(1500);
            state.RmRetain(packet);
            state.RmRelease(packet);                    // one reference is left
        }
        catch (LeakException leak)
        {
            message = leak.Message;
        }
        #endregion

        Assert.StartsWith("1 blocks live that came since the leak scope at LeakCheckSample.cs:", message, StringComparison.Ordinal);
        Assert.Contains("1 blocks, 1500 bytes", message, StringComparison.Ordinal);
    }

    [Fact]
    public void AGuardFailsATestThatLeaks()
    {
        #region leak-guard
        using var guard = new RmLeakGuard();            // made in a test's set-up, disposed in its tear-down
        RmState state = guard.NewState("under test");   // records sites; the guard ends it

        nint block = state.RmMalloc(64);
        state.RmRelease(block);                         // without this line the test fails and names the line above

        state.AssertBalanced();                         // the same check, at any moment
        #endregion

        Assert.Equal(0, state.Statistics.LiveBlocks);
    }
}
