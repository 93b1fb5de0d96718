using Rm.Diagnostics;
using Rm.Tool.Traces;

namespace Rm.Tests.Diagnostics;

/// <summary>Makes recordings in memory and reads them.</summary>
internal static class RecordingFiles
{
    /// <summary>The recording of what an action does to a state.</summary>
    public static byte[] Of(RmState state, Action act)
    {
        using var stream = new MemoryStream();
        using (state.Record(stream))
        {
            act();
        }

        return stream.ToArray();
    }

    /// <summary>The recording of what an action does to a state of its own, which is disposed before the recording.</summary>
    public static byte[] Of(Action<RmState> act)
    {
        using var state = new RmState();
        return Of(state, () =>
        {
            act(state);
            state.Dispose();
        });
    }

    public static List<RecordedEvent> Read(byte[] file) => Read(file, out _);

    public static List<RecordedEvent> Read(byte[] file, out RecordingReader reader)
    {
        using var bytes = new TraceBytes("r.rmt", new MemoryStream(file));
        reader = new RecordingReader(bytes);
        var events = new List<RecordedEvent>();
        while (reader.Read(out RecordedEvent read))
        {
            events.Add(read);
        }

        return events;
    }

    public static string Failure(byte[] file) => Assert.Throws<TraceException>(() => Read(file)).Message;

    /// <summary>What a recording says, as an observer of the same hears it.</summary>
    public static List<Heard> Heard(byte[] file)
    {
        var addresses = new Dictionary<int, nint>();
        var heard = new List<Heard>();
        foreach (RecordedEvent read in Read(file, out RecordingReader reader))
        {
            addresses[read.Object] = read.Address;
            if (read.Kind <= RecordedKind.Violation && read.Kind is not (RecordedKind.Live or RecordedKind.Abandon))
            {
                heard.Add(new Heard(
                    read.Kind,
                    read.Address,
                    read.Kind == RecordedKind.Realloc ? addresses[read.Ended] : 0,
                    read.Size,
                    read.AlignmentLog2,
                    reader.Sites[read.Site].File,
                    reader.Sites[read.Site].Line));
            }
        }

        return heard;
    }
}
