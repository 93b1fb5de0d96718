using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Diagnostics;
using Rm.Memory;
using Rm.Tool.Replay;
using Rm.Tool.Traces;
using Rm.Violations;

namespace Rm.Tool.Recordings;

/// <summary>
/// Does again what a recording says, on a state of its own and on a model, and compares the two: every count that a call returns,
/// the bytes in every block, the state's invariants, its totals at the end.
/// </summary>
[SuppressMessage("Reliability", "CA2213", Justification = "The state's owner disposes it.")]
internal sealed unsafe class RecordingReplay : IDisposable
{
    // A live block of the recording gets its count by so many retains at most.
    private const long MostRetains = 1 << 20;

    private readonly RmState _state;
    private readonly SizeClassHeap? _heap;
    private readonly long _verifyEvery;
    private readonly Dictionary<int, nint> _addresses = [];
    private readonly RecordingModel _model = new();

    // An address that the state is never told of.
    private readonly nint _unknown = (nint)NativeMemory.Alloc(1);
    private long _steps;

    /// <summary>Begins a replay.</summary>
    /// <param name="state">A new state.</param>
    /// <param name="heap">Where it takes its blocks from; null for malloc.</param>
    /// <param name="tally">Where differences are reported.</param>
    /// <param name="verifyEvery">How many events lie between two looks at the invariants.</param>
    public RecordingReplay(RmState state, SizeClassHeap? heap, ReplayTally tally, long verifyEvery)
    {
        _state = state;
        _heap = heap;
        Tally = tally;
        _verifyEvery = verifyEvery;
    }

    public ReplayTally Tally { get; }

    public RecordingModel Model => _model;

    public RmState State => _state;

    /// <summary>Does one event.</summary>
    /// <param name="step">What.</param>
    /// <param name="site">Its call site, which the state is told.</param>
    /// <exception cref="TraceException">It cannot be done here.</exception>
    public void Do(in RecordedEvent step, RmSite site)
    {
        string file = site.File ?? "";
        switch (step.Kind)
        {
            case RecordedKind.Live:
                BringToLife(step, file, site.Line);
                break;
            case RecordedKind.Malloc or RecordedKind.Calloc or RecordedKind.Aligned or RecordedKind.Attach:
                Bear(step, file, site.Line);
                break;
            case RecordedKind.Realloc:
                Resize(step, file, site.Line);
                break;
            case RecordedKind.Retain:
                Expect(step.Object, _model.Retain(step.Object), _state.RmRetain(_addresses[step.Object], file, site.Line));
                break;
            case RecordedKind.Release or RecordedKind.Free:
                Release(step, file, site.Line);
                break;
            case RecordedKind.Detach or RecordedKind.Abandon:
                Detach(step.Object, file, site.Line);
                break;
            case RecordedKind.Violation:
                Misuse(step, file, site.Line);
                break;
            default:
                break;
        }

        Tally.Event++;
        if (++_steps % _verifyEvery == 0)
        {
            StateAudit.Verify(_state, Tally);
        }
    }

    /// <summary>Compares all that is left with the model, at the end.</summary>
    public void Audit()
    {
        foreach ((int id, ModelBlock expected) in _model.Live)
        {
            Check(id, expected);
        }

        var listed = _state.RmBlocks.ToDictionary(static b => b.Address);
        RmStatistics actual = _state.Statistics;
        Tally.Expect("blocks listed by the state", _model.Live.Count, listed.Count);
        Tally.Expect("blocks live in the state", _model.Live.Count, actual.LiveBlocks);
        Tally.ExpectBetween("bytes live in the state", _model.LiveBytes, _heap is null ? _model.LiveBytes : long.MaxValue, actual.LiveBytes);
        Tally.Expect("allocations", _model.Allocations, actual.Allocations);
        Tally.Expect("attaches", _model.Attaches, actual.Attaches);
        Tally.Expect("reallocations", _model.Reallocations, actual.Reallocations);
        Tally.Expect("retains", _model.Retains, actual.Retains);
        Tally.Expect("detaches", _model.Detaches, actual.Detaches);
        Tally.Expect("frees", _model.Frees, actual.Frees);
        Tally.Expect("violations", _model.Violations, actual.Violations);
        StateAudit.Verify(_state, Tally);
        if (_heap is not null)
        {
            ArenaAudit.Verify(_heap.Arena, Tally);
        }
    }

    public void Dispose() => NativeMemory.Free((void*)_unknown);

    private void Bear(in RecordedEvent step, string file, int line)
    {
        nuint size = step.Size == RecordedEvent.UnknownSize ? 0 : (nuint)step.Size;
        nint block;
        switch (step.Kind)
        {
            case RecordedKind.Calloc:
                block = _state.RmCalloc(1, size, file, line);
                BlockPattern.Check(block, 0, size, step.Born, 0, Tally);
                break;
            case RecordedKind.Aligned:
                nuint alignment = (nuint)1 << step.AlignmentLog2;
                block = _state.RmAlignedAlloc(alignment, size, file, line);
                BlockPattern.CheckAlignment(block, alignment, step.Born, Tally);
                break;
            case RecordedKind.Attach:
                block = (nint)NativeMemory.Alloc(size);
                Attach(block, step.Size, file, line);
                break;
            default:
                block = _state.RmMalloc(size, file, line);
                break;
        }

        _model.Bear(step.Born, step.Size, isForeign: step.Kind == RecordedKind.Attach);
        Place(step.Born, block, size);
    }

    // Whether it was allocated or attached is not recorded: what has a size may have been allocated.
    private void BringToLife(in RecordedEvent step, string file, int line)
    {
        if (step.Count > MostRetains)
        {
            throw new TraceException($"object {step.Object} lives with a count of {step.Count}; {MostRetains} is the most that can be replayed");
        }

        Bear(step with { Kind = step.Size == RecordedEvent.UnknownSize ? RecordedKind.Attach : RecordedKind.Malloc }, file, line);
        for (long count = 1; count < step.Count; count++)
        {
            Expect(step.Object, _model.Retain(step.Object), _state.RmRetain(_addresses[step.Object], file, line));
        }
    }

    private void Resize(in RecordedEvent step, string file, int line)
    {
        ModelBlock old = _model.Live[step.Ended];
        nint from = _addresses[step.Ended];
        nuint size = (nuint)step.Size;
        nuint kept = old.Size == RecordedEvent.UnknownSize ? 0 : nuint.Min(size, (nuint)old.Size);
        CheckBytes(step.Ended, old);
        if (old.IsForeign && _heap is not null)
        {
            // A state over malloc resizes what came from malloc, whoever called it. Over an arena another block takes its place.
            Expect(step.Ended, _model.Detach(step.Ended), _state.RmDetach(from, file, line));
            nint moved = (nint)NativeMemory.Realloc((void*)from, size);
            Attach(moved, step.Size, file, line);
            _model.Bear(step.Born, step.Size, isForeign: true);
            Moved(step, moved, kept);
            return;
        }

        nint to = _state.RmRealloc(from, size, file, line);
        _model.Resize(step.Ended, step.Born, step.Size);
        Moved(step, to, kept);
    }

    private void Moved(in RecordedEvent step, nint block, nuint kept)
    {
        BlockPattern.Check(block, 0, kept, step.Ended, BlockPattern.ValueOf(step.Ended), Tally);
        _addresses.Remove(step.Ended);
        Place(step.Born, block, (nuint)step.Size);
    }

    // A block that its state freed at its end goes whatever its count was.
    private void Release(in RecordedEvent step, string file, int line)
    {
        ModelBlock block = _model.Live[step.Object];
        bool ends = step.Kind == RecordedKind.Free;
        if (ends != (block.Count == 1) && !step.WithoutCaller)
        {
            Tally.Report($"event {Tally.Event}: object {step.Object} is {(ends ? "freed" : "released and lives on")} with a count of {block.Count}");
        }

        do
        {
            long remaining = _model.Release(step.Object);
            if (remaining == 0)
            {
                CheckBytes(step.Object, block);
            }

            Expect(step.Object, remaining, _state.RmRelease(_addresses[step.Object], file, line));
        }
        while (ends && _model.Live.ContainsKey(step.Object));
        if (!_model.Live.ContainsKey(step.Object))
        {
            Gone(step.Object);
        }
    }

    private void Detach(int id, string file, int line)
    {
        ModelBlock block = _model.Live[id];
        nint address = _addresses[id];
        CheckBytes(id, block);
        Expect(id, _model.Detach(id), _state.RmDetach(address, file, line));
        Gone(id);
        if (_heap is null || block.IsForeign)
        {
            MallocAllocator.Free(address, 0);
        }
        else
        {
            _heap.Free(address);
        }
    }

    private void Misuse(in RecordedEvent step, string file, int line)
    {
        if (!_model.Refuses(step.Misuse, step.Member, step.Object))
        {
            return;
        }

        nint block = _addresses.GetValueOrDefault(step.Object, _unknown);
        _model.Refuse();
        Tally.Checks++;
        try
        {
            Call(step.Member, block, file, line);
            Tally.Report($"event {Tally.Event}: {step.Member} of object {step.Object} is done, and was refused: {step.Misuse}");
        }
        catch (MemoryViolationException violation)
        {
            RecordedMisuse expected = step.Misuse == RecordedMisuse.Finalizing ? RecordedMisuse.Untracked : step.Misuse;
            if (RecordingObserver.MisuseOf(violation) != expected)
            {
                Tally.Report($"event {Tally.Event}: {step.Member} of object {step.Object} is refused as {violation.GetType().Name}, should be: {expected}");
            }
        }
    }

    private void Call(RecordedMember member, nint block, string file, int line)
    {
        switch (member)
        {
            case RecordedMember.Retain:
                _state.RmRetain(block, file, line);
                break;
            case RecordedMember.Release:
                _state.RmRelease(block, file, line);
                break;
            case RecordedMember.Attach:
                _state.RmAttach(block, file, line);
                break;
            case RecordedMember.Detach:
                _state.RmDetach(block, file, line);
                break;
            default:
                _state.RmRealloc(block, 1, file, line);
                break;
        }
    }

    private void Attach(nint block, ulong size, string file, int line)
    {
        if (size == RecordedEvent.UnknownSize)
        {
            _state.RmAttach(block, file, line);
        }
        else
        {
            _state.RmAttach(block, (nuint)size, file, line);
        }
    }

    private void Place(int id, nint block, nuint size)
    {
        _addresses.Add(id, block);
        BlockPattern.Write(block, size, id);
        Expect(id, 1, _state.RmCount(block));
    }

    private void Gone(int id)
    {
        Tally.Checks++;
        if (_state.RmContains(_addresses[id]))
        {
            Tally.Report($"event {Tally.Event}: object {id} ended, and the state still knows it");
        }

        _addresses.Remove(id);
    }

    private void Check(int id, ModelBlock expected)
    {
        nint block = _addresses[id];
        Expect(id, expected.Count, _state.RmCount(block));
        CheckBytes(id, expected);
    }

    private void CheckBytes(int id, ModelBlock block) => BlockPattern.Check(
        _addresses[id], 0, block.Size == RecordedEvent.UnknownSize ? 0 : (nuint)block.Size, id, BlockPattern.ValueOf(id), Tally);

    private void Expect(int id, long expected, long actual)
    {
        Tally.Checks++;
        if (expected != actual)
        {
            Tally.Report($"event {Tally.Event}: object {id} has a count of {actual}, should be {expected}");
        }
    }
}
