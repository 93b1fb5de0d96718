using System.Runtime.InteropServices;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <content>Retain, release and detach.</content>
internal sealed unsafe partial class Execution
{
    // More releases than this one by one say nothing new.
    private const long FewReferences = 512;

    private void ChangeCount(Op op)
    {
        nint block = Register(op.Register);
        if (block == 0)
        {
            return;
        }

        switch (op.Code)
        {
            case OpCode.Retain or OpCode.TryRetain:
                RetainAt(block, op);
                break;
            case OpCode.RetainMany:
                for (long i = 0; i < op.A && IsLive(op.Register); i++)
                {
                    RetainAt(block, new Op(OpCode.Retain));
                }

                break;
            case OpCode.ReleaseMany:
                for (long i = 0; i < op.A && IsLive(op.Register); i++)
                {
                    ReleaseAt(block, new Op(OpCode.Release));
                }

                break;
            case OpCode.ReleaseAll:
                ReleaseAll(block);
                break;
            case OpCode.Detach or OpCode.TryDetach:
                DetachAt(block, op);
                break;
            case OpCode.Preset:
                Preset(block, op.A);
                break;
            case OpCode.React:
                SetReaction(block, op);
                break;
            default:
                ReleaseAt(block, op);
                break;
        }
    }

    private void RetainAt(nint block, Op op)
    {
        bool attempt = op.Code == OpCode.TryRetain;
        if (!_model.TryFindLive(block, out ModelBlock? known))
        {
            RetainRefused(block, attempt, IsRaw(op));
            return;
        }

        if (known.Count == long.MaxValue)
        {
            Require(Catch(() => _state.RmRetain(block, _file, _line)) is OverflowException, "RmRetain wrapped a count");
            return;
        }

        if (_options.Sabotage == Sabotage.ForgetThirdRetain && known.Count > 2)
        {
            _model.Retain(known);
            return;
        }

        ForgetFailures();
        long count = 0;
        bool done = true;
        try
        {
            if (attempt)
            {
                done = _state.RmTryRetain(block, out count, _file, _line);
            }
            else
            {
                count = IsRaw(op) ? _state.RmRetain((void*)block, _file, _line) : _state.RmRetain(block, _file, _line);
            }
        }
        catch (OutOfMemoryException) when (!attempt)
        {
            done = false;
        }

        if (done)
        {
            _model.Retain(known);
            Same(known.Count, count, "the count of RmRetain");
        }
        else
        {
            // A count that outgrows its slot may need memory.
            RequireReason(0);
        }
    }

    private void RetainRefused(nint block, bool attempt, bool raw)
    {
        if (attempt)
        {
            Same(false, _state.RmTryRetain(block, out long count), "RmTryRetain");
            Same(0, count, "the count of a failed RmTryRetain");
            return;
        }

        RefusedAsUnknown(Catch(() => _ = raw ? _state.RmRetain((void*)block, _file, _line) : _state.RmRetain(block, _file, _line)), "RmRetain", block);
    }

    private void ReleaseAt(nint block, Op op)
    {
        if (!_model.TryFindLive(block, out ModelBlock? known))
        {
            ReleaseRefused(block, op);
            return;
        }

        if (known.Count == 1 && known.Holds.Count > 0)
        {
            ReleaseHeld(block, op);
            return;
        }

        // The model moves first: the deallocators that this call runs are compared with where it will be.
        Require(known.Count > 1 || !known.HasMemory || BlockPattern.IsIntact(block, known.MemorySize, known.Pattern), $"the contents of {known} changed");
        _model.Release(known);
        if (known.Finalizing)
        {
            _queue.Enqueue(known);
        }

        long remaining;
        try
        {
            remaining = CallRelease(block, op);
        }
        catch (Exception e) when (_running is null && e is DeliberateException or AggregateException)
        {
            RequireThrown(e);
            return;
        }

        Require(_running is not null || _thrown.Count == 0, "the exception of a deallocator was swallowed");
        Same(known.Count, remaining, "the count that RmRelease left");
    }

    private long CallRelease(nint block, Op op)
    {
        switch (op.Code)
        {
            case OpCode.TryRelease:
                Require(_state.RmTryRelease(block, out long remaining, _file, _line), $"RmTryRelease of 0x{block:x} was refused");
                return remaining;
            case OpCode.ReleaseRef:
                nint variable = block;
                remaining = _state.RmRelease(ref variable, _file, _line);
                Same(0, variable, "the variable after RmRelease(ref)");
                return remaining;
            default:
                return IsRaw(op) ? _state.RmRelease((void*)block, _file, _line) : _state.RmRelease(block, _file, _line);
        }
    }

    private void ReleaseRefused(nint block, Op op)
    {
        if (op.Code == OpCode.TryRelease)
        {
            Same(false, _state.RmTryRelease(block, out long remaining, _file, _line), "RmTryRelease");
            Same(0, remaining, "the count of a failed RmTryRelease");
            return;
        }

        nint variable = block;
        Exception? thrown = Catch(() => _ = op.Code == OpCode.ReleaseRef ? _state.RmRelease(ref variable, _file, _line)
            : IsRaw(op) ? _state.RmRelease((void*)block, _file, _line) : _state.RmRelease(block, _file, _line));
        Same(block, variable, "the variable after a refused RmRelease(ref)");
        RefusedAsUnknown(thrown, "RmRelease", block);
    }

    private void ReleaseAll(nint block)
    {
        if (!_model.TryFindLive(block, out ModelBlock? known))
        {
            return;
        }

        EndHoldsOf(known);
        if (!Lives(known))
        {
            return;
        }

        if (known.Count > FewReferences)
        {
            Preset(block, 2);
        }

        if (known.Count > FewReferences)
        {
            // No memory to set a count: detaching is the other way to be rid of it.
            DetachAt(block, new Op(OpCode.Detach));
            return;
        }

        for (long left = known.Count; left > 0; left--)
        {
            ReleaseAt(block, new Op(OpCode.Release));
        }
    }

    private void DetachAt(nint block, Op op)
    {
        bool attempt = op.Code == OpCode.TryDetach;
        long remaining = 0;
        bool done = true;
        Exception? thrown = Catch(() =>
        {
            if (attempt)
            {
                done = _state.RmTryDetach(block, out remaining, _file, _line);
            }
            else
            {
                remaining = IsRaw(op) ? _state.RmDetach((void*)block, _file, _line) : _state.RmDetach(block, _file, _line);
            }
        });
        if (_model.TryFindLive(block, out ModelBlock? known))
        {
            Require(thrown is null && done, $"RmDetach of {known} gave {thrown?.GetType().Name ?? "false"}");
            Same(known.Count - 1, remaining, "the count of RmDetach");
            _model.Detach(known);
            _swept?.Remove(known);
            FreeDetached(known);
        }
        else if (attempt)
        {
            Require(thrown is null && !done && remaining == 0, $"RmTryDetach of 0x{block:x} gave {thrown?.GetType().Name ?? "true"}");
        }
        else
        {
            RefusedAsUnknown(thrown, "RmDetach", block);
        }
    }

    private void FreeDetached(ModelBlock block)
    {
        if (!block.HasMemory)
        {
            return;
        }

        Require(
            (block.Kind == BlockKind.Heap || UsesMalloc || Owns(block.Address))
            && BlockPattern.IsIntact(block.Address, block.MemorySize, block.Pattern),
            $"{block} was freed or changed before its owner did");
        FreeMemory(block);
    }

    private void FreeMemory(ModelBlock block)
    {
        if (block.Kind == BlockKind.Allocated && _region is not null)
        {
            _region.FreeByOwner(block.Address);
        }
        else if (block.Kind == BlockKind.Allocated && _heap is not null)
        {
            _heap.Free(block.Address);
        }
        else
        {
            NativeMemory.Free((void*)block.Address);
        }
    }

    private void Preset(nint block, long count)
    {
        // No real program has so many references that all together overflow, and sums over all need not bear it.
        const long many = 1L << 48;
        if (_model.TryFindLive(block, out ModelBlock? known) && (count < many || !_model.Live.Any(b => b.Count >= many)))
        {
            ForgetFailures();
            Exception? thrown = Catch(() =>
            {
                // A mark holds few references: only what has an entry in the table can be given more at once.
                _ = _heap is null || known.Kind != BlockKind.Allocated ? 0 : _state.EnsureGeneration(block);
                _state.PresetCount(block, count);
            });
            if (thrown is OutOfMemoryException)
            {
                RequireReason(0);
                return;
            }

            Require(thrown is null, $"PresetCount gave {thrown?.GetType().Name}");
            _model.Preset(known, count);
        }
    }

    private void SetReaction(nint block, Op op)
    {
        if (_model.TryFindLive(block, out ModelBlock? known))
        {
            known.Reaction = (Reaction)op.A;
            known.ReactionRegister = (int)op.B;
        }
    }
}
