namespace Rm.Tool.Replay;

/// <summary>
/// Replays a trace through a state as if every block had more owners than its program: each block is retained one to N times
/// when it is allocated, and these holders let go in random order over the events that follow. A block the program frees lives
/// on while anybody holds it. Every count the state returns is compared with one kept here.
/// </summary>
internal sealed class HolderLoop
{
    // How many references wait to be released at most, and how many bytes may live on for holders alone.
    private const int MostPending = 4096;
    internal const ulong MostOrphanedBytes = 64 << 20;

    // The state also checks its invariants this often within a trace.
    private const int Verifications = 8;

    private readonly int _holders;
    private readonly ReplayScript _script;

    // By object: the references that exist, and how many of them are holders'.
    private readonly int[] _counts;
    private readonly int[] _held;

    // Objects with a holder, once per holder, in no order. One whose holders were all dropped by a realloc stays until drawn.
    private readonly List<int> _pending = [];
    private SeededRandom _random;
    private ulong _orphanedBytes;
    private int _next;

    public HolderLoop(ReplayScript script, int holders, ulong seed)
    {
        _script = script;
        _holders = holders;
        _random = new SeededRandom(seed);
        _counts = new int[script.ObjectCount];
        _held = new int[script.ObjectCount];
    }

    /// <summary>The most bytes that lived at once after their program had freed them.</summary>
    public ulong PeakOrphanedBytes { get; private set; }

    /// <summary>Replays the events from where the last call stopped up to one; at the trace's end all holders let go.</summary>
    public void Run<THeap>(ref THeap heap, ReplayScript script, Span<nint> blocks, int end, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>, IStateHeap
    {
        int verifyEvery = Math.Max(1, end / Verifications);
        for (; _next < end; _next++)
        {
            tally.Event = _next;
            Replay(heap, blocks, _next, tally);
            if (_random.Below(2) == 0)
            {
                LetGo(heap, blocks, tally);
            }

            PeakOrphanedBytes = Math.Max(PeakOrphanedBytes, _orphanedBytes);
            while (_pending.Count > MostPending || (_orphanedBytes > MostOrphanedBytes && _pending.Count > 0))
            {
                LetGo(heap, blocks, tally);
            }

            if ((_next + 1) % verifyEvery == 0)
            {
                heap.Verify(tally);
            }
        }

        while (_next == script.EventCount && _pending.Count > 0)
        {
            LetGo(heap, blocks, tally);
        }
    }

    private void Replay<THeap>(THeap heap, Span<nint> blocks, int index, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>, IStateHeap
    {
        int released = _script.Released[index];
        nuint size;
        nint block;
        switch (_script.Ops[index])
        {
            case ReplayOp.Free or ReplayOp.FreeAligned:
                if (_counts[released] > 1)
                {
                    _orphanedBytes += _script.Sizes[released];
                }

                Release(heap, blocks, released, tally);
                return;
            case ReplayOp.Reallocate or ReplayOp.ReallocateAligned:
                block = Reallocate(heap, blocks, released, tally);
                break;
            case ReplayOp.AllocateZeroed:
                size = _script.Sizes[tally.NextObject];
                block = heap.AllocateZeroed(size);
                BlockPattern.Check(block, 0, size, tally.NextObject, 0, tally);
                break;
            case ReplayOp.AllocateAligned:
                nuint alignment = (nuint)1 << _script.AlignmentLog2[tally.NextObject];
                block = heap.AllocateAligned(_script.Sizes[tally.NextObject], alignment);
                BlockPattern.CheckAlignment(block, alignment, tally.NextObject, tally);
                break;
            default:
                block = heap.Allocate(_script.Sizes[tally.NextObject]);
                break;
        }

        Begin(heap, blocks, block, tally);
    }

    private void Begin<THeap>(THeap heap, Span<nint> blocks, nint block, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>, IStateHeap
    {
        int id = tally.NextObject++;
        blocks[id] = block;
        BlockPattern.Write(block, _script.Sizes[id], id);
        _counts[id] = 1;
        _held[id] = 1 + _random.Below(_holders);
        for (int holder = 0; holder < _held[id]; holder++)
        {
            ExpectCount(tally, id, ++_counts[id], heap.State.RmRetain(block));
            tally.Retains++;
            _pending.Add(id);
        }
    }

    private nint Reallocate<THeap>(THeap heap, Span<nint> blocks, int old, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>, IStateHeap
    {
        for (; _held[old] > 0; _held[old]--)
        {
            Release(heap, blocks, old, tally);
        }

        nuint oldSize = _script.Sizes[old];
        nuint size = _script.Sizes[tally.NextObject];
        byte value = BlockPattern.ValueOf(old);
        BlockPattern.Check(blocks[old], BlockPattern.AtOrAfter(size), oldSize, old, value, tally);
        nint block = heap.Reallocate(blocks[old], oldSize, size);
        BlockPattern.Check(block, 0, Math.Min(oldSize, size), old, value, tally);
        blocks[old] = 0;
        _counts[old] = 0;
        return block;
    }

    private void LetGo<THeap>(THeap heap, Span<nint> blocks, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>, IStateHeap
    {
        if (_pending.Count == 0)
        {
            return;
        }

        int at = _random.Below(_pending.Count);
        int id = _pending[at];
        _pending[at] = _pending[^1];
        _pending.RemoveAt(_pending.Count - 1);
        if (_held[id] > 0)
        {
            _held[id]--;
            Release(heap, blocks, id, tally);
            if (_counts[id] == 0)
            {
                _orphanedBytes -= _script.Sizes[id];
            }
        }
    }

    private void Release<THeap>(THeap heap, Span<nint> blocks, int id, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>, IStateHeap
    {
        nint block = blocks[id];
        if (_counts[id] == 1)
        {
            BlockPattern.Check(block, 0, _script.Sizes[id], id, BlockPattern.ValueOf(id), tally);
            blocks[id] = 0;
        }

        ExpectCount(tally, id, --_counts[id], heap.State.RmRelease(block));
    }

    private static void ExpectCount(ReplayTally tally, int id, int expected, long actual)
    {
        tally.Checks++;
        if (expected != actual)
        {
            tally.Report($"event {tally.Event}: object {id} has a count of {actual}, should be {expected}");
        }
    }
}
