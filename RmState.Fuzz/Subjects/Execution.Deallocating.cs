using System.Runtime.InteropServices;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>What deallocators meet and do. They cannot report a mismatch by throwing, so it is kept until the step ends.</content>
internal sealed unsafe partial class Execution
{
    private const nint ContextMask = 0x5A5A_5A5A;

    private readonly Queue<ModelBlock> _queue = new();
    private readonly List<Exception> _thrown = [];
    private ModelBlock? _running;

    // While the state as a whole is emptied the order is the table's: every live block must come exactly once.
    private HashSet<ModelBlock>? _swept;

    private static void* ContextOf(nint block) => (void*)(block ^ ContextMask);

    [UnmanagedCallersOnly]
    private static void OnFunction(void* block) => _current!.Deallocating((nint)block, mayThrow: false);

    [UnmanagedCallersOnly]
    private static void OnFunctionWithContext(void* block, void* context)
    {
        Execution current = _current!;
        if (context != ContextOf((nint)block))
        {
            current._fault ??= $"the deallocator of 0x{(nint)block:x} got another block's context";
        }

        current.Deallocating((nint)block, mayThrow: false);
    }

    private void Deallocating(nint address, bool mayThrow)
    {
        if (_running is not null)
        {
            _fault ??= $"the deallocator of 0x{address:x} ran inside that of {_running}";
            return;
        }

        if (Due(address) is not { } block)
        {
            _fault ??= $"the deallocator of 0x{address:x} ran, and was not due";
            return;
        }

        _running = block;
        block.Running = true;
        try
        {
            Require(mayThrow == (block.Kind == BlockKind.Delegate), $"another deallocator ran for {block}");
            CompareLookups(address);
            if (_swept is null || SettleSwept(block))
            {
                React(block);
            }
        }
        catch (DeliberateException)
        {
            throw;
        }
        catch (Exception e)
        {
            _fault ??= $"in the deallocator of {block}: {e.Message}";
        }
        finally
        {
            _model.Finalized(block);
            _running = null;
        }
    }

    private ModelBlock? Due(nint address)
    {
        if (_queue.TryPeek(out ModelBlock? next))
        {
            _swept?.Remove(next);
            return next.Address == address ? _queue.Dequeue() : null;
        }

        if (_swept is null || !_model.TryFindLive(address, out ModelBlock? live) || !_swept.Remove(live))
        {
            return null;
        }

        _model.Sweep(live);
        return live;
    }

    // Blocks without a deallocator are swept unseen; only the checking allocator knows whether one is gone already.
    private bool SettleSwept(ModelBlock block)
    {
        switch (block.Reaction)
        {
            case Reaction.Allocate or Reaction.AllocateSame:
                Refused<ObjectDisposedException>(Catch(() => _state.RmTryMalloc(8, out _)), "RmTryMalloc while the state is emptied", 0);
                Refused<ObjectDisposedException>(Catch(() => _state.RmMalloc(8)), "RmMalloc while the state is emptied", 0);
                return false;
            case Reaction.AttachSelf:
                Refused<ObjectDisposedException>(Catch(() => _state.RmTryAttach(16, _deallocator)), "RmTryAttach while the state is emptied", 0);
                Refused<ObjectDisposedException>(Catch(() => _state.RmAttach(16)), "RmAttach while the state is emptied", 0);
                return false;
            case Reaction.Enumerate or Reaction.EndHold:
                return false;
            default:
                break;
        }

        if (_model.TryFindLive(Register(block.ReactionRegister), out ModelBlock? other) && other.HasMemory)
        {
            if (UsesMalloc || other.Kind == BlockKind.Heap)
            {
                return false;
            }

            if (!Owns(other.Address))
            {
                _model.Sweep(other);
            }
        }

        return true;
    }

    private void React(ModelBlock block)
    {
        nint other = Register(block.ReactionRegister);
        switch (block.Reaction)
        {
            case Reaction.Throw when block.Kind == BlockKind.Delegate:
                ThrowDeliberately(block);
                break;
            case Reaction.Release or Reaction.ReleaseAndThrow or Reaction.Retain or Reaction.Detach:
                ReactOn(block, other);
                break;
            case Reaction.Allocate when _queue.Count == 0:
                Allocate(new Op(OpCode.TryMalloc, block.ReactionRegister, 40));
                break;
            case Reaction.AllocateSame when _queue.Count == 0 && block.Size is >= 0 and <= RegionAllocator.LargestBlock:
                Allocate(new Op(OpCode.TryMalloc, block.ReactionRegister, block.Size));
                _state.Verify();
                break;
            case Reaction.AttachSelf:
                AttachInvented(new Op(OpCode.AttachDelegate, block.ReactionRegister, block.Address, 8));
                break;
            case Reaction.RetainSelf:
                RetainAt(block.Address, new Op(OpCode.Retain));
                break;
            case Reaction.ReleaseSelf:
                ReleaseAt(block.Address, new Op(OpCode.Release));
                break;
            case Reaction.DetachSelf:
                DetachAt(block.Address, new Op(OpCode.Detach));
                break;
            case Reaction.EndHold:
                EndHold(_holds[block.ReactionRegister & (Holders - 1)]);
                break;
            default:
                ReactOnState(block.Reaction);
                break;
        }
    }

    private void ReactOn(ModelBlock block, nint other)
    {
        if (other == 0)
        {
            return;
        }

        switch (block.Reaction)
        {
            case Reaction.Retain:
                RetainAt(other, new Op(OpCode.TryRetain));
                break;
            case Reaction.Detach:
                DetachAt(other, new Op(OpCode.TryDetach));
                break;
            case Reaction.ReleaseAndThrow when block.Kind == BlockKind.Delegate:
                ReleaseAt(other, new Op(OpCode.TryRelease));
                ThrowDeliberately(block);
                break;
            default:
                ReleaseAt(other, new Op(OpCode.Release));
                break;
        }
    }

    private void ReactOnState(Reaction reaction)
    {
        switch (reaction)
        {
            case Reaction.Dispose:
                Refused<ConcurrentUseException>(Catch(_state.Dispose), "Dispose in a deallocator", 0);
                break;
            case Reaction.Reset:
                Refused<ConcurrentUseException>(Catch(() => _state.Reset()), "Reset in a deallocator", 0);
                break;
            case Reaction.Trim:
                _state.Trim(2);
                break;
            case Reaction.Enumerate:
                CompareEnumeration();
                break;
            case Reaction.Verify:
                _state.Verify();
                break;
            default:
                break;
        }
    }

    private void ThrowDeliberately(ModelBlock block)
    {
        DeliberateException exception = new($"the deallocator of {block} throws");
        _thrown.Add(exception);
        throw exception;
    }

    // One exception surfaces as itself, several in the order they were thrown.
    private void RequireThrown(Exception surfaced)
    {
        Exception[] expected = [.. _thrown];
        _thrown.Clear();
        Exception[] actual = surfaced is AggregateException several ? [.. several.InnerExceptions] : [surfaced];
        Same(expected.Length, actual.Length, "the number of exceptions that deallocators threw");
        Require(surfaced is AggregateException == expected.Length > 1, $"{expected.Length} exceptions surfaced as {surfaced.GetType().Name}");
        Require(expected.SequenceEqual(actual, ReferenceEqualityComparer.Instance), "other exceptions surfaced than deallocators threw");
    }
}
