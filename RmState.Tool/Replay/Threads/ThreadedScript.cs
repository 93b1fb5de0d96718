using Rm.Tool.Traces;

namespace Rm.Tool.Replay.Threads;

/// <summary>
/// A trace taken apart by thread, before any clock runs. Objects are numbered anew, thread by thread: each thread then fills a
/// stretch of the table of blocks that no other thread writes to, and an allocation still needs no number.
/// </summary>
internal sealed class ThreadedScript
{
    /// <summary>Traces of more threads are refused: each would be a thread of this process.</summary>
    public const int MostThreads = 256;

    private readonly ThreadScript[] _threads;
    private readonly nuint[] _sizes;
    private readonly byte[] _alignments;
    private readonly int[] _ids;
    private readonly bool[] _released;

    private ThreadedScript(ThreadScript[] threads, int objects)
    {
        _threads = threads;
        _sizes = new nuint[objects];
        _alignments = new byte[objects];
        _ids = new int[objects];
        _released = new bool[objects];
    }

    public IReadOnlyList<ThreadScript> Threads => _threads;

    public int EventCount => _threads.Sum(static t => t.EventCount);

    /// <summary>By object: bytes asked for.</summary>
    public ReadOnlySpan<nuint> Sizes => _sizes;

    /// <summary>By object: log2 of its alignment; 0 for none.</summary>
    public ReadOnlySpan<byte> AlignmentLog2 => _alignments;

    /// <summary>By object: its number in the trace.</summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>By object: whether it is released by the last event.</summary>
    public ReadOnlySpan<bool> IsReleased => _released;

    /// <summary>Each thread of a trace on a thread of its own.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="MostThreads"/>.</exception>
    public static ThreadedScript Of(ReplayScript script) => Of(script, script.EventCount, script.Threads);

    /// <summary>
    /// The first events of a trace dealt to threads in turn: another valid trace, in which every thread waits for every other, and which
    /// therefore runs all the code there is.
    /// </summary>
    /// <param name="script">The trace.</param>
    /// <param name="events">How many of its events.</param>
    /// <param name="threads">How many threads.</param>
    /// <param name="run">How many events a thread gets in one go.</param>
    public static ThreadedScript Deal(ReplayScript script, int events, int threads, int run)
    {
        int[] dealt = [.. Enumerable.Range(0, events).Select(e => e / run % threads)];
        return Of(script, events, dealt);
    }

    private static ThreadedScript Of(ReplayScript script, int events, ReadOnlySpan<int> threadOf)
    {
        (int Events, int Objects)[] counts = Count(script, events, threadOf);
        var threads = new ThreadScript[counts.Length];
        int objects = 0;
        for (int t = 0; t < threads.Length; t++)
        {
            threads[t] = new ThreadScript(counts[t].Events) { FirstObject = objects };
            objects += counts[t].Objects;
        }

        var compiled = new ThreadedScript(threads, objects);
        compiled.Fill(script, events, threadOf);
        return compiled;
    }

    private static (int Events, int Objects)[] Count(ReplayScript script, int events, ReadOnlySpan<int> threadOf)
    {
        var counts = new List<(int Events, int Objects)>();
        for (int e = 0; e < events; e++)
        {
            int thread = threadOf[e];
            if (thread >= MostThreads)
            {
                throw new ArgumentException($"event {e} is of thread {thread}, and {MostThreads} threads are the most.", nameof(script));
            }

            while (counts.Count <= thread)
            {
                counts.Add(default);
            }

            (int had, int objects) = counts[thread];
            counts[thread] = (had + 1, objects + (Allocates(script.Ops[e]) ? 1 : 0));
        }

        return [.. counts];
    }

    private void Fill(ReplayScript script, int events, ReadOnlySpan<int> threadOf)
    {
        int[] renumbered = new int[_ids.Length];
        int[] nextEvents = new int[_threads.Length];
        int[] nextObjects = [.. _threads.Select(static t => t.FirstObject)];
        int id = 0;
        for (int e = 0; e < events; e++)
        {
            ThreadScript thread = _threads[threadOf[e]];
            int at = nextEvents[threadOf[e]]++;
            long live = thread.LiveBytes[at];
            thread.Ops[at] = script.Ops[e];
            thread.Numbers[at] = e;
            thread.Released[at] = TraceEvent.None;
            if (script.Released[e] != TraceEvent.None)
            {
                int released = renumbered[script.Released[e]];
                thread.Released[at] = released;
                _released[released] = true;
                live -= (long)_sizes[released];
            }

            if (Allocates(script.Ops[e]))
            {
                int allocated = nextObjects[threadOf[e]]++;
                renumbered[id] = allocated;
                _ids[allocated] = id;
                _sizes[allocated] = script.Sizes[id];
                _alignments[allocated] = script.AlignmentLog2[id];
                live += (long)_sizes[allocated];
                id++;
            }

            thread.LiveBytes[at + 1] = live;
        }
    }

    private static bool Allocates(ReplayOp op) => op is not (ReplayOp.Free or ReplayOp.FreeAligned);
}
