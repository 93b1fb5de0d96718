namespace Rm.Tool.Traces;

/// <summary>What a trace asks of a heap, computed while it is read: what a replay of it has to end with.</summary>
internal sealed class TraceStatistics
{
    // What the heaps and a replay keep for an object beside its bytes, at most.
    private const ulong BytesPerObject = 128;

    private readonly long[] _calls = new long[5];

    public long Events { get; private set; }

    public int Threads { get; private set; }

    public long Mallocs => _calls[(int)TraceOp.Malloc];

    public long Callocs => _calls[(int)TraceOp.Calloc];

    public long Reallocs => _calls[(int)TraceOp.Realloc];

    public long Frees => _calls[(int)TraceOp.Free];

    public long AlignedAllocations => _calls[(int)TraceOp.Aligned];

    /// <summary>Reallocations of an object, those of NULL not counted.</summary>
    public long Resizes { get; private set; }

    public long Objects { get; private set; }

    public UInt128 BytesRequested { get; private set; }

    /// <summary>Objects live after the last event.</summary>
    public long LiveObjects { get; private set; }

    public ulong LiveBytes { get; private set; }

    public long PeakLiveObjects { get; private set; }

    public ulong PeakLiveBytes { get; private set; }

    /// <summary>How many events there are up to the first moment of the most live bytes, its own included.</summary>
    public long PeakLiveEvent { get; private set; }

    /// <summary>How much memory a replay needs, at most.</summary>
    public ulong BytesToReplay => PeakLiveBytes + ((ulong)Objects * BytesPerObject);

    /// <summary>Whether this machine has <see cref="BytesToReplay"/>: touching more would end this process and perhaps others.</summary>
    public bool FitsThisMachine => BytesToReplay <= (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Reads a whole trace.</summary>
    /// <exception cref="TraceException">It cannot be read, or breaks a rule of the format.</exception>
    public static TraceStatistics Of(string path)
    {
        using TraceBytes bytes = TraceBytes.Open(path);
        return Of(new TraceReader(bytes));
    }

    /// <summary>Reads the rest of a trace.</summary>
    /// <exception cref="TraceException">It breaks a rule of the format.</exception>
    public static TraceStatistics Of(TraceReader reader)
    {
        var statistics = new TraceStatistics();
        while (reader.Read(out TraceEvent read))
        {
            statistics.Add(read);
        }

        return statistics;
    }

    public void Add(in TraceEvent read)
    {
        Events++;
        _calls[(int)read.Op]++;
        Threads = Math.Max(Threads, (int)read.Thread + 1);
        if (read.Released != TraceEvent.None)
        {
            LiveObjects--;
            LiveBytes -= read.ReleasedSize;
            Resizes += read.Op == TraceOp.Realloc ? 1 : 0;
        }

        if (read.Allocated != TraceEvent.None)
        {
            Objects++;
            BytesRequested += read.Size;
            LiveObjects++;
            LiveBytes += read.Size;
            PeakLiveObjects = Math.Max(PeakLiveObjects, LiveObjects);
            if (LiveBytes > PeakLiveBytes)
            {
                PeakLiveBytes = LiveBytes;
                PeakLiveEvent = Events;
            }
        }
    }
}
