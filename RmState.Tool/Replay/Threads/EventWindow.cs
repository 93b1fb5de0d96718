namespace Rm.Tool.Replay.Threads;

/// <summary>
/// How far each thread is, and so how far the others may run ahead: without it a thread that waits for nobody would allocate in one
/// go what the program had over its whole run.
/// </summary>
/// <remarks>
/// The slowest thread is never held up: whatever it waits for is an earlier event of another thread, which would be slower still. What is
/// published may be behind what was done, never before it, which only makes others wait a little longer.
/// </remarks>
internal sealed class EventWindow
{
    /// <summary>
    /// How many events of the trace a thread may be ahead of the slowest one: wide enough that threads are seldom held up, and little beside
    /// the traces' length, so that about as much lives as in the program's own run.
    /// </summary>
    public const int Usual = 4_096;

    // Two cache lines: processors fetch them in pairs.
    private const int CellLength = 16;

    private readonly long[] _cells;
    private readonly int _length;

    /// <summary>Every thread is before its first event.</summary>
    public EventWindow(IReadOnlyList<ThreadScript> threads, int length = Usual)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _length = length;
        _cells = new long[threads.Count * CellLength];
        for (int t = 0; t < threads.Count; t++)
        {
            Publish(t, threads[t], 0);
        }
    }

    /// <summary>Tells the others how far a thread is.</summary>
    /// <param name="number">The thread.</param>
    /// <param name="thread">Its events.</param>
    /// <param name="done">How many of them it replayed.</param>
    public void Publish(int number, ThreadScript thread, int done)
    {
        _cells[(number * CellLength) + 1] = thread.LiveBytes[done];
        Publish(number, done < thread.EventCount ? thread.Numbers[done] : int.MaxValue);
    }

    /// <summary>Tells the others which event of the trace is a thread's next.</summary>
    public void Publish(int number, long next) => Volatile.Write(ref _cells[number * CellLength], next);

    /// <summary>The number of the last event that any thread may replay now.</summary>
    public long Limit()
    {
        long slowest = int.MaxValue;
        for (int at = 0; at < _cells.Length; at += CellLength)
        {
            slowest = Math.Min(slowest, Volatile.Read(ref _cells[at]));
        }

        return slowest + _length;
    }

    /// <summary>The bytes that live now, by what the threads published.</summary>
    public long LiveBytes()
    {
        long live = 0;
        for (int at = 0; at < _cells.Length; at += CellLength)
        {
            live += Volatile.Read(ref _cells[at + 1]);
        }

        return live;
    }
}
