using Rm.Diagnostics;
using Rm.Tests.Diagnostics;
using Rm.Tool.Traces;

namespace Rm.Tests.Samples;

/// <summary>Recording a state.</summary>
public sealed class RecordingSample
{
    [Fact]
    public void AStateIsRecordedIntoAFile()
    {
        string path = Path.GetTempFileName();
        try
        {
            #region record
            using var state = new RmState(new RmStateOptions { Name = "decoder" });
            using (state.Record(path))                      // say, "decoder.rmt"
            {
                nint frame = state.RmMalloc(4096);
                state.RmRetain(frame);
                state.RmRelease(frame);
                state.RmRelease(frame);
            }
            #endregion

            Assert.Equal(
                [RecordedKind.Begin, RecordedKind.Malloc, RecordedKind.Retain, RecordedKind.Release, RecordedKind.Free, RecordedKind.End],
                RecordingFiles.Read(File.ReadAllBytes(path)).Select(e => e.Kind));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
