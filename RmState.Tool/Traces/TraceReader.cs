namespace Rm.Tool.Traces;

/// <summary>Reads the events of an RMT1 trace and holds every rule of the format against them (traces/FORMAT.md).</summary>
/// <remarks>
/// Memory grows with the objects that were really read (eight bytes each), never with what the header promises.
/// </remarks>
internal sealed class TraceReader
{
    /// <summary>Longer traces are refused: whoever replays one keeps it in memory.</summary>
    public const int MaxEvents = 1 << 26;

    /// <summary>More bytes live at once are refused: no machine has them, and sums stay far from overflow.</summary>
    public const ulong MaxLiveBytes = 1UL << 56;

    public const int MaxAlignmentLog2 = 40;

    private const ulong Dead = ulong.MaxValue;

    private readonly TraceBytes _bytes;
    private ulong[] _sizes = new ulong[1024];
    private int _nextObject;
    private int _nextEvent;
    private long _eventStart;
    private ulong _liveBytes;

    /// <summary>Reads the header.</summary>
    /// <exception cref="TraceException">It is not a trace, of another version, or too long.</exception>
    public TraceReader(TraceBytes bytes)
    {
        _bytes = bytes;
        ulong count = TraceHeader.ReadCount(bytes, 1);
        if (count > MaxEvents)
        {
            throw new TraceException($"{bytes.Name}: the header says {count} events; more than {MaxEvents} are not supported");
        }

        EventCount = (int)count;
    }

    /// <summary>How many events the header promises; after the last one they are certain.</summary>
    public int EventCount { get; }

    /// <summary>How many threads appeared so far.</summary>
    public int ThreadCount { get; private set; }

    /// <summary>Reads the next event.</summary>
    /// <returns>False after the last one, when also nothing follows it.</returns>
    /// <exception cref="TraceException">The bytes break a rule of the format.</exception>
    public bool Read(out TraceEvent read)
    {
        _eventStart = _bytes.Position;
        if (_nextEvent == EventCount)
        {
            if (_bytes.Take() >= 0)
            {
                throw new TraceException(
                    $"{_bytes.Name}: byte {_eventStart}: the file goes on after event {EventCount - 1}, the last of the {EventCount} in its header");
            }

            read = default;
            return false;
        }

        ulong tag = TakeVarint();
        TakeThread(tag >> 3);
        var op = (TraceOp)(tag & 7);
        int released = TraceEvent.None;
        ulong releasedSize = 0;
        int alignment = 0;
        switch (op)
        {
            case TraceOp.Malloc or TraceOp.Calloc:
                break;
            case TraceOp.Realloc or TraceOp.Free:
                released = TakeReleased(op);
                releasedSize = Release(released, op);
                break;
            case TraceOp.Aligned:
                alignment = TakeAlignment();
                break;
            default:
                throw Broken($"op {(int)op} does not exist");
        }

        bool allocates = op != TraceOp.Free;
        ulong size = allocates ? TakeVarint() : 0;
        read = new TraceEvent
        {
            Op = op,
            Thread = (long)(tag >> 3),
            Allocated = allocates ? Allocate(size) : TraceEvent.None,
            Released = released,
            Size = size,
            ReleasedSize = releasedSize,
            AlignmentLog2 = alignment,
        };
        _nextEvent++;
        return true;
    }

    private void TakeThread(ulong thread)
    {
        if (thread > (ulong)ThreadCount)
        {
            throw Broken($"thread {thread} appears before thread {ThreadCount}");
        }

        if (thread == (ulong)ThreadCount)
        {
            ThreadCount++;
        }
    }

    private int TakeReleased(TraceOp op)
    {
        ulong back = TakeVarint();
        if (back == 0 && op == TraceOp.Realloc)
        {
            return TraceEvent.None;
        }

        if (back == 0 || back > (ulong)_nextObject)
        {
            throw Broken($"{Name(op)} of the object {back} back, and there are {_nextObject}");
        }

        return _nextObject - (int)back;
    }

    private ulong Release(int released, TraceOp op)
    {
        if (released == TraceEvent.None)
        {
            return 0;
        }

        ulong size = _sizes[released];
        if (size == Dead)
        {
            throw Broken($"{Name(op)} of object {released}, which is dead");
        }

        _sizes[released] = Dead;
        _liveBytes -= size;
        return size;
    }

    private int TakeAlignment()
    {
        ulong log2 = TakeVarint();
        if (log2 > MaxAlignmentLog2)
        {
            throw Broken($"alignment 2^{log2}; 2^{MaxAlignmentLog2} is the most");
        }

        return (int)log2;
    }

    private int Allocate(ulong size)
    {
        if (size > MaxLiveBytes - _liveBytes)
        {
            throw Broken($"{size} bytes more make over 2^56 live ones");
        }

        _liveBytes += size;
        if (_nextObject == _sizes.Length)
        {
            Array.Resize(ref _sizes, _sizes.Length * 2);
        }

        _sizes[_nextObject] = size;
        return _nextObject++;
    }

    private ulong TakeVarint() => _bytes.TakeVarint(out ulong value) switch
    {
        VarintOutcome.Done => value,
        VarintOutcome.Cut => throw Cut(),
        VarintOutcome.TooLong => throw Broken(TraceBytes.TooLong),
        _ => throw Broken(TraceBytes.NotShortest),
    };

    private static string Name(TraceOp op) => op == TraceOp.Free ? "free" : "realloc";

    private TraceException Cut() => new(
        _bytes.Position == _eventStart
            ? $"{_bytes.Name}: cut short: ends at byte {_eventStart} after {_nextEvent} of the {EventCount} events in its header"
            : $"{_bytes.Name}: cut short: ends at byte {_bytes.Position} within event {_nextEvent} of the {EventCount} in its header");

    private TraceException Broken(string cause) => new($"{_bytes.Name}: event {_nextEvent} at byte {_eventStart}: {cause}");
}
