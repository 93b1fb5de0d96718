using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <content>Lookups and refusals: nothing changes.</content>
internal sealed unsafe partial class Execution
{
    private readonly Dictionary<nint, ulong> _generations = [];

    private void Look(Op op)
    {
        switch (op.Code)
        {
            case OpCode.Look:
                LookAt(Register(op.Register), IsRaw(op));
                break;
            case OpCode.LookAt:
                LookAt((nint)op.A, raw: false);
                break;
            case OpCode.MisuseAt:
                Misuse((nint)op.A, (int)op.B);
                break;
            case OpCode.NullArgument:
                NullArgument((int)op.A);
                break;
            case OpCode.BadArgument:
                BadArgument((int)op.A);
                break;
            case OpCode.Generation:
                Generation(Register(op.Register));
                break;
            case OpCode.Enumerate:
                CompareEnumeration();
                break;
            case OpCode.EnumerateChanged:
                EnumerateChanged(op);
                break;
            default:
                CompareReport(_state.CreateReport(), _model);
                break;
        }
    }

    private void LookAt(nint block, bool raw)
    {
        CompareLookups(block);
        ModelBlock? known = block == 0 ? null : _model.Find(block);
        Same(known is { Finalizing: false }, raw ? _state.RmContains((void*)block) : _state.RmContains(block), "RmContains");
        long count = 0;
        Exception? thrown = Catch(() => count = raw ? _state.RmCount((void*)block) : _state.RmCount(block));
        if (known is null)
        {
            RefusedAsUnknown(thrown, "RmCount", block);
        }
        else
        {
            Require(thrown is null, $"RmCount gave {thrown?.GetType().Name}");
            Same(known.Finalizing ? 0 : known.Count, count, "RmCount");
        }

        nuint size = 0;
        thrown = Catch(() => size = raw ? _state.RmSize((void*)block) : _state.RmSize(block));
        if (known is null)
        {
            RefusedAsUnknown(thrown, "RmSize", block);
        }
        else if (known.Size < 0)
        {
            Require(thrown?.GetType() == typeof(InvalidOperationException), $"RmSize of {known} gave {thrown?.GetType().Name ?? "a size"}");
        }
        else
        {
            Require(thrown is null, $"RmSize gave {thrown?.GetType().Name}");
            Same((nuint)known.Size, size, "RmSize");
        }
    }

    // Anything that needs a tracked block, on an address that is not.
    private void Misuse(nint block, int form)
    {
        if (block == 0 || _model.Find(block) is not null)
        {
            return;
        }

        switch (form % 6)
        {
            case 0:
                RetainAt(block, new Op(OpCode.Retain));
                break;
            case 1:
                ReleaseAt(block, new Op(OpCode.Release));
                break;
            case 2:
                DetachAt(block, new Op(OpCode.Detach));
                break;
            case 3:
                RefusedAsUnknown(Catch(() => _state.RmRealloc(block, 8)), "RmRealloc", block);
                break;
            case 4:
                Same(false, _state.RmTryRealloc(block, 8, out _), "RmTryRealloc");
                RetainAt(block, new Op(OpCode.TryRetain));
                ReleaseAt(block, new Op(OpCode.TryRelease));
                DetachAt(block, new Op(OpCode.TryDetach));
                break;
            default:
                Require(!_state.HasGeneration(block, _generations.GetValueOrDefault(block, 1UL)), $"0x{block:x} has a generation");
                break;
        }
    }

    private void NullArgument(int form)
    {
        switch (form % 12)
        {
            case 0:
                Refused<ArgumentNullException>(Catch(() => _state.RmRetain(0)), "RmRetain", 0);
                break;
            case 1:
                Refused<ArgumentNullException>(Catch(() => _state.RmAttach(0)), "RmAttach", 0);
                break;
            case 2:
                Refused<ArgumentNullException>(Catch(() => _state.RmDetach(0)), "RmDetach", 0);
                break;
            case 3:
                Refused<ArgumentNullException>(Catch(() => _state.RmCount(0)), "RmCount", 0);
                break;
            case 4:
                Refused<ArgumentNullException>(Catch(() => _state.RmAttachOrRetain(0)), "RmAttachOrRetain", 0);
                break;
            case 5:
                Same(0, _state.RmRelease(0), "RmRelease of null");
                Same(0, _state.RmRelease((void*)null), "RmRelease of null");
                break;
            case 6:
                nint none = 0;
                Same(0, _state.RmRelease(ref none), "RmRelease of null");
                break;
            case 7:
                Require(!_state.RmTryRelease(0, out long remaining) && remaining == 0, "RmTryRelease released null");
                break;
            case 8:
                Require(!_state.RmTryRetain(0, out long count) && count == 0, "RmTryRetain retained null");
                break;
            case 9:
                Require(!_state.RmTryDetach(0, out remaining) && remaining == 0, "RmTryDetach detached null");
                break;
            case 10:
                Require(!_state.RmTryAttach(0) && !_state.RmTryAttach(0, _deallocator), "RmTryAttach attached null");
                break;
            default:
                CompareLookups(0);
                break;
        }
    }

    private void BadArgument(int form)
    {
        switch (form % 6)
        {
            case 0:
                Refused<ArgumentOutOfRangeException>(Catch(() => _state.RmAlignedAlloc(0, 8)), "RmAlignedAlloc to 0", 0);
                break;
            case 1:
                Refused<ArgumentOutOfRangeException>(Catch(() => _state.RmAlignedAlloc(24, 8)), "RmAlignedAlloc to 24", 0);
                break;
            case 2:
                Refused<OutOfMemoryException>(Catch(() => _state.RmCalloc(nuint.MaxValue, 2)), "RmCalloc of too much", 0);
                break;
            case 3:
                Refused<ArgumentOutOfRangeException>(Catch(() => _state.Trim(-1)), "Trim of less than nothing", 0);
                break;
            case 4:
                Refused<OutOfMemoryException>(Catch(() => _state.RmMalloc<long>(nuint.MaxValue / 4)), "RmMalloc of too much", 0);
                break;
            default:
                Refused<ArgumentNullException>(Catch(() => _state.RmAttach(16, (Action<nint>)null!)), "RmAttach without a deallocator", 0);
                break;
        }
    }

    // A generation names one life of an address: it must not fit the next one.
    private void Generation(nint block)
    {
        if (!_model.TryFindLive(block, out ModelBlock? known))
        {
            return;
        }

        if (_generations.TryGetValue(block, out ulong last) && last != known.Generation)
        {
            Require(!_state.HasGeneration(block, last), $"{known} has the generation of an earlier block");
        }

        ForgetFailures();
        ulong generation = 0;
        if (Catch(() => generation = _state.EnsureGeneration(block)) is { } thrown)
        {
            Require(thrown is OutOfMemoryException, $"EnsureGeneration gave {thrown.GetType().Name}");
            RequireReason(0);
            return;
        }

        Require(generation != 0 && (known.Generation == 0 || known.Generation == generation), $"the generation of {known} changed");
        Require(generation == known.Generation || generation != last, $"{known} got the generation of an earlier block");
        Require(_state.HasGeneration(block, generation) && !_state.HasGeneration(block, generation + 1), $"{known} has another generation");
        known.Generation = generation;
        _generations[block] = generation;
    }

    // Refused calls change nothing, so an enumeration either goes on complete or says that it cannot.
    private void EnumerateRefused(ref RmBlockCollection.Enumerator blocks, Op op)
    {
        long met = Math.Min(op.A, _model.Live.Count);
        for (int i = 0; i < 20; i++)
        {
            Same(false, _state.RmTryRetain(UntrackedAddress(), out _), "RmTryRetain");
            Same(false, _state.RmTryDetach(UntrackedAddress(), out _), "RmTryDetach");
            Same(false, _state.RmTryAttach(0), "RmTryAttach");
            _region?.FailAfter(1);
            Require(_region is null || !_state.RmTryMalloc(24, out _), "RmTryMalloc went well though its allocator had no memory");
            _region?.FailAfter(0);
        }

        _stamp++;
        try
        {
            for (; blocks.MoveNext(); met++)
            {
                CompareListed(blocks.Current);
            }

            Same(_model.Live.Count, met, "the number of enumerated blocks");
        }
        catch (InvalidOperationException)
        {
            // The enumeration noticed; nothing was listed wrongly before.
        }
    }

    private nint UntrackedAddress()
    {
        nint address = 0x1230;
        while (_model.Find(address) is not null)
        {
            address += 16;
        }

        return address;
    }

    private void EnumerateChanged(Op op)
    {
        nint block = Register(op.Register);
        bool live = _model.TryFindLive(block, out ModelBlock? known);
        RmBlockCollection.Enumerator blocks = _state.RmBlocks.GetEnumerator();
        for (long i = Math.Min(op.A, _model.Live.Count); i > 0; i--)
        {
            Require(blocks.MoveNext(), "the enumeration ended too early");
        }

        bool changed = false;
        switch (op.B % 5)
        {
            case 4:
                EnumerateRefused(ref blocks, op);
                return;
            case 0 when live && known!.Count < long.MaxValue:
                RetainAt(block, new Op(OpCode.Retain));
                changed = true;
                break;
            case 1 when live && known!.Count > 1:
                ReleaseAt(block, new Op(OpCode.Release));
                changed = true;
                break;
            case 2 when live:
                DetachAt(block, new Op(OpCode.TryDetach));
                changed = true;
                break;
            default:
                LookAt(block, raw: true);
                break;
        }

        Exception? thrown = null;
        try
        {
            blocks.MoveNext();
        }
        catch (InvalidOperationException e)
        {
            thrown = e;
        }

        Same(changed, thrown is not null, "that an enumeration notices a change");
    }
}
