using Rm.Diagnostics;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Samples;

/// <summary>The samples of docs/diagnostics.md beside those of leaks.</summary>
public sealed class DiagnosticsSample : LeakChecked
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public override void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        base.Dispose();
    }

    [Fact]
    public void ALeakIsFound()
    {
        string grown;
        string holders;
        string path = Path.Combine(_folder, "frames.rmt");
        using var state = new RmState(new RmStateOptions { Name = "frames" });
        var player = new LeakingPlayer(state);

        #region story-record
        state.Level = RmDiagnosticsLevel.Sites;
        RmSnapshot before = state.Snapshot();
        using (state.Record(path))                              // frames.rmt
        {
            player.Play(1000);
        }
        #endregion

        #region story-grown
        RmSnapshotDiff diff = state.Snapshot().Since(before);
        grown = diff.GrownSites[0].ToString();                  // Decoder.cs:31: +10 blocks, +40960 bytes
        #endregion

        #region story-holders
        holders = state.RmWhoHolds(diff.Came[0].Address).ToString();
        // 1 since Decoder.cs:31; 0 unmatched: retains Player.cs:12 ×1, releases Decoder.cs:44 ×1
        #endregion

        Assert.Equal("Decoder.cs:31: +10 blocks, +40960 bytes", grown);
        Assert.Equal("1 since Decoder.cs:31; 0 unmatched: retains Player.cs:12 ×1, releases Decoder.cs:44 ×1", holders);
        Assert.Equal(3, DocumentedCommands.RunAll("diagnostics.md", _folder));
    }

    [Fact]
    public void HoldersAreNamed()
    {
        string holders;
        RmState state = NewState(new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
        nint frame = state.RmMalloc(4096, "Net.cs", 3);

        #region holders
        RmHold decoder = state.RmRetainAs(frame, "Decoder.cs", 88);
        RmHold player = state.RmRetainAs(frame, "Player.cs", 31);
        for (int i = 0; i < 4; i++)
        {
            state.RmRetain(frame, "Net.cs", 12);
        }

        state.RmRelease(frame, "Net.cs", 40);
        holders = state.RmWhoHolds(frame).ToString();
        // 1 since Net.cs:3; 2 held: Decoder.cs:88, Player.cs:31; 3 unmatched: retains Net.cs:12 ×4, releases Net.cs:40 ×1

        player.Dispose();
        player.Dispose();                               // once is enough; again does nothing
        decoder.Dispose();
        #endregion

        Assert.Equal(
            "1 since Net.cs:3; 2 held: Decoder.cs:88, Player.cs:31; 3 unmatched: retains Net.cs:12 ×4, releases Net.cs:40 ×1", holders);
        Assert.Equal(4, state.RmCount(frame));
        state.RmDetach(frame);
        Free(frame);
    }

    [Fact]
    public void ASecondReleaseIsExplained()
    {
        string message = "";
        RmState state = NewState(new RmStateOptions { Name = "net", Level = RmDiagnosticsLevel.Sites });

        #region story-of-a-block
        nint packet = state.RmMalloc(64, "Net.cs", 3);
        state.RmRetain(packet, "Net.cs", 12);
        state.RmRelease(packet, "Player.cs", 20);
        state.RmRelease(packet, "Net.cs", 40);
        try
        {
            state.RmRelease(packet, "Cleanup.cs", 7);
        }
        catch (UntrackedPointerException e)
        {
            message = e.Message;
        }
        #endregion

        Assert.Contains(
            message.Replace($"0x{packet:x}", "0x7f3c5c0012a0", StringComparison.Ordinal),
            File.ReadAllText(Path.Combine(RepositoryFiles.Root, "docs", "diagnostics.md")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void AStateIsRecorded()
    {
        long recorded;
        using var stream = new MemoryStream();
        RmState state = NewState();

        #region recorder
        using (RmRecording recording = state.Record(stream))
        {
            nint page = state.RmMalloc(4096);
            state.RmRelease(page);
            recorded = recording.Events;
        }
        #endregion

        Assert.True(recorded >= 2);
        Assert.True(stream.Length > 0);
    }

    private static unsafe void Free(nint block) => System.Runtime.InteropServices.NativeMemory.Free((void*)block);
}
