namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// Knows how many references a program holds to each block: one is given up when the operation that drops it begins, and is there when
/// the operation that adds it returned. Scripts are legal: they only add to and drop what their thread holds then.
/// </summary>
/// <remarks>
/// A block must end exactly once, never while a reference is held, and at the end of the history if none is; afterwards nobody but who
/// ended it may touch it. A returned count may be too high for references that are being dropped, never lower than the lowest true
/// count during the call.
/// </remarks>
internal sealed class CountingJudge(int blocks, int threads) : Judge
{
    /// <summary>What an operation tells when a block ends; the value is the number of the block.</summary>
    internal const int Ended = 1;

    private const ulong NoCall = 0;

    private readonly (nint Start, int Bytes)[] _places = new (nint, int)[blocks];

    /// <summary>Per block: references, how often it ended, the thread that ended it; per thread: the lowest count during its call.</summary>
    internal override int Notes => (blocks * 3) + threads;

    /// <summary>Whether the call that ends a block must return 0, and no other.</summary>
    internal bool EndReturnsZero { get; init; }

    /// <summary>Whether what is returned is a count, not only 0 or more.</summary>
    internal bool ReturnsCounts { get; init; }

    /// <summary>Names the memory that must not be touched once a block has ended.</summary>
    internal void Guard(int block, nint start, int bytes) => _places[block] = (start, bytes);

    internal override bool Minds(Happening happening) =>
        happening.Kind == HappeningKind.Told || happening.Operation.Effect != CountEffect.None;

    internal override string? Hear(Span<ulong> notes, int thread, Happening happening) => happening.Kind switch
    {
        HappeningKind.Begun => Begin(notes, thread, happening.Operation),
        HappeningKind.Returned => Return(notes, thread, happening.Operation, happening.Value),
        _ => happening.What == Ended ? End(notes, thread, (int)happening.Value, happening.Operation) : null,
    };

    internal override string? Watch(ReadOnlySpan<ulong> notes, int thread, nint address)
    {
        for (int block = 0; block < blocks; block++)
        {
            (nint start, int bytes) = _places[block];
            if (address >= start && address < start + bytes && notes[EndsAt(block)] != 0 && notes[EnderAt(block)] != (ulong)thread)
            {
                return $"block {block} is touched after its end";
            }
        }

        return null;
    }

    internal override string? Close(ReadOnlySpan<ulong> notes)
    {
        for (int block = 0; block < blocks; block++)
        {
            if (notes[block] == 0 && notes[EndsAt(block)] == 0)
            {
                return $"nobody holds block {block}, and it has not ended";
            }
        }

        return null;
    }

    private int EndsAt(int block) => blocks + block;

    private int EnderAt(int block) => (blocks * 2) + block;

    private int LowestAt(int thread) => (blocks * 3) + thread;

    private string? Begin(Span<ulong> notes, int thread, Operation operation)
    {
        if (operation.Effect == CountEffect.Drop)
        {
            notes[operation.Block]--;
            Lower(notes, operation.Block);
        }

        // Bit 0 says that a call runs; the block of the call is above the count.
        notes[LowestAt(thread)] = ((ulong)operation.Block << 32) | (notes[operation.Block] << 1) | 1;
        return null;
    }

    private void Lower(Span<ulong> notes, int block)
    {
        for (int thread = 0; thread < threads; thread++)
        {
            ulong call = notes[LowestAt(thread)];
            if (call != NoCall && (int)(call >> 32) == block && (call & uint.MaxValue) >> 1 > notes[block])
            {
                notes[LowestAt(thread)] = ((ulong)block << 32) | (notes[block] << 1) | 1;
            }
        }
    }

    private string? Return(Span<ulong> notes, int thread, Operation operation, long result)
    {
        long lowest = (long)((notes[LowestAt(thread)] & uint.MaxValue) >> 1);
        notes[LowestAt(thread)] = NoCall;
        if (operation.Effect is CountEffect.Begin or CountEffect.Add)
        {
            notes[operation.Block]++;
            lowest++;
        }

        bool ended = notes[EndsAt(operation.Block)] != 0 && notes[EnderAt(operation.Block)] == (ulong)thread;
        return operation.Effect == CountEffect.Begin ? null
            : ReturnsCounts && result < lowest ? $"returns {result}, but block {operation.Block} never had fewer than {lowest} references during the call"
            : EndReturnsZero && operation.Effect == CountEffect.Drop && result == 0 != ended
                ? $"returns {result}, but {(ended ? "ended" : "did not end")} block {operation.Block}"
            : null;
    }

    private string? End(Span<ulong> notes, int thread, int block, Operation operation)
    {
        notes[EnderAt(block)] = (ulong)thread;
        return notes[block] != 0 ? $"{operation} ends block {block}, which has {notes[block]} references"
            : ++notes[EndsAt(block)] > 1 ? $"{operation} ends block {block} again"
            : null;
    }
}
