using Rm.Tests.Tool.Traces;
using Rm.Tool.Replay;
using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Replay;

/// <summary>Decoded traces.</summary>
internal static class Scripts
{
    public static ReplayScript Random(int seed, int events = 3000) => From(RandomTrace.Make(seed, events));

    public static ReplayScript Written(Action<TraceWriter> write)
    {
        var writer = new TraceWriter();
        write(writer);
        return From(writer.ToArray());
    }

    private static ReplayScript From(byte[] file)
    {
        using TraceBytes bytes = TraceFiles.Bytes(file);
        return ReplayScript.Load(new TraceReader(bytes));
    }
}
