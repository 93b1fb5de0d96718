using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Traces;

/// <summary>Valid traces with every call in them, the same for the same seed.</summary>
internal static class RandomTrace
{
    public static byte[] Make(int seed, int events, int largest = 20_000)
    {
        var random = new Random(seed);
        var writer = new TraceWriter();
        var live = new List<int>();
        int threads = 0;
        while (writer.EventCount < events)
        {
            int thread = random.Next(Math.Min(threads + 1, 4));
            threads = Math.Max(threads, thread + 1);
            ulong size = (ulong)(random.Next(3) == 0 ? random.Next(largest) : random.Next(100));
            switch (random.Next(10))
            {
                case < 3:
                    live.Add(writer.Malloc(size, thread));
                    break;
                case 3:
                    live.Add(writer.Calloc(size, thread));
                    break;
                case 4:
                    live.Add(writer.Aligned((ulong)random.Next(13), size, thread));
                    break;
                case 5:
                    live.Add(writer.Realloc(null, size, thread));
                    break;
                case 6 when live.Count > 0:
                    live.Add(writer.Realloc(Take(live, random), size, thread));
                    break;
                case > 6 when live.Count > 0:
                    writer.Free(Take(live, random), thread);
                    break;
                default:
                    live.Add(writer.Malloc(size, thread));
                    break;
            }
        }

        return writer.ToArray();
    }

    /// <summary>Writes events anew: the bytes of a trace, if the reader understood it.</summary>
    public static byte[] Rewrite(IEnumerable<TraceEvent> events)
    {
        var writer = new TraceWriter();
        foreach (TraceEvent read in events)
        {
            int thread = (int)read.Thread;
            switch (read.Op)
            {
                case TraceOp.Malloc:
                    writer.Malloc(read.Size, thread);
                    break;
                case TraceOp.Calloc:
                    writer.Calloc(read.Size, thread);
                    break;
                case TraceOp.Aligned:
                    writer.Aligned((ulong)read.AlignmentLog2, read.Size, thread);
                    break;
                case TraceOp.Realloc:
                    writer.Realloc(read.Released == TraceEvent.None ? null : read.Released, read.Size, thread);
                    break;
                default:
                    writer.Free(read.Released, thread);
                    break;
            }
        }

        return writer.ToArray();
    }

    private static int Take(List<int> live, Random random)
    {
        int at = random.Next(live.Count);
        int id = live[at];
        live[at] = live[^1];
        live.RemoveAt(live.Count - 1);
        return id;
    }
}
