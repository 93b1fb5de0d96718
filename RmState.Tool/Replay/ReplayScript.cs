using Rm.Tool.Traces;

namespace Rm.Tool.Replay;

/// <summary>
/// A whole trace in arrays, decoded before any clock runs: per event an operation, its thread and the object it releases, per object its
/// size and alignment. Objects are numbered in the order they are allocated, so an allocation needs no number.
/// </summary>
internal sealed class ReplayScript
{
    // posix_memalign refuses less than a pointer's alignment; the format allows to raise it.
    private const int LeastAlignmentLog2 = 3;

    // The header's count is a promise; more than this is reserved only as events really come.
    private const int FirstCapacity = 1 << 16;

    private ReplayOp[] _ops;
    private int[] _released;
    private int[] _threads;
    private nuint[] _sizes = new nuint[FirstCapacity];
    private byte[] _alignments = new byte[FirstCapacity];

    private ReplayScript(int promised)
    {
        int capacity = Math.Min(promised, FirstCapacity);
        _ops = new ReplayOp[capacity];
        _released = new int[capacity];
        _threads = new int[capacity];
    }

    public TraceStatistics Statistics { get; } = new();

    public int EventCount { get; private set; }

    public int ObjectCount { get; private set; }

    public ReadOnlySpan<ReplayOp> Ops => _ops.AsSpan(0, EventCount);

    /// <summary>By event: the object it frees or reallocates.</summary>
    public ReadOnlySpan<int> Released => _released.AsSpan(0, EventCount);

    /// <summary>By event: the thread that made the call.</summary>
    public ReadOnlySpan<int> Threads => _threads.AsSpan(0, EventCount);

    /// <summary>By object: bytes asked for.</summary>
    public ReadOnlySpan<nuint> Sizes => _sizes.AsSpan(0, ObjectCount);

    /// <summary>By object: log2 of the alignment it was allocated with; 0 for none. A reallocation hands it on.</summary>
    public ReadOnlySpan<byte> AlignmentLog2 => _alignments.AsSpan(0, ObjectCount);

    /// <summary>Reads a whole trace.</summary>
    /// <exception cref="TraceException">It cannot be read, or breaks a rule of the format.</exception>
    public static ReplayScript Load(string path)
    {
        using TraceBytes bytes = TraceBytes.Open(path);
        return Load(new TraceReader(bytes));
    }

    /// <summary>Reads the rest of a trace.</summary>
    /// <exception cref="TraceException">It breaks a rule of the format.</exception>
    public static ReplayScript Load(TraceReader reader)
    {
        var script = new ReplayScript(reader.EventCount);
        while (reader.Read(out TraceEvent read))
        {
            script.Add(read);
        }

        return script;
    }

    private void Add(in TraceEvent read)
    {
        Statistics.Add(read);
        if (EventCount == _ops.Length)
        {
            Array.Resize(ref _ops, _ops.Length * 2);
            Array.Resize(ref _released, _released.Length * 2);
            Array.Resize(ref _threads, _threads.Length * 2);
        }

        int alignment = read.Op switch
        {
            TraceOp.Aligned => Math.Max(read.AlignmentLog2, LeastAlignmentLog2),
            _ => read.Released == TraceEvent.None ? 0 : _alignments[read.Released],
        };
        _ops[EventCount] = read.Op switch
        {
            TraceOp.Malloc => ReplayOp.Allocate,
            TraceOp.Calloc => ReplayOp.AllocateZeroed,
            TraceOp.Aligned => ReplayOp.AllocateAligned,
            TraceOp.Free => alignment == 0 ? ReplayOp.Free : ReplayOp.FreeAligned,
            _ when read.Released == TraceEvent.None => ReplayOp.Allocate,
            _ => alignment == 0 ? ReplayOp.Reallocate : ReplayOp.ReallocateAligned,
        };
        _threads[EventCount] = (int)read.Thread;
        _released[EventCount++] = read.Released;
        if (read.Allocated != TraceEvent.None)
        {
            AddObject((nuint)read.Size, (byte)alignment);
        }
    }

    private void AddObject(nuint size, byte alignment)
    {
        if (ObjectCount == _sizes.Length)
        {
            Array.Resize(ref _sizes, _sizes.Length * 2);
            Array.Resize(ref _alignments, _alignments.Length * 2);
        }

        _sizes[ObjectCount] = size;
        _alignments[ObjectCount++] = alignment;
    }
}
