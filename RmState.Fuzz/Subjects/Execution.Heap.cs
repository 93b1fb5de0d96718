using Rm.Arenas;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>States over a heap of an arena.</content>
internal sealed unsafe partial class Execution
{
    private readonly SimulatedMemory? _memory;
    private readonly Arena? _arena;
    private readonly SizeClassHeap? _heap;

    private bool UsesMalloc => _options.Allocator == AllocatorKind.Malloc;

    // Whether the allocator, which is not libc, has given this block out.
    private bool Owns(nint block) => _region?.Owns(block) ?? (_arena!.IsPassThrough ? _heap!.Contains(block) : _heap!.UsableSize(block) != 0);

    // A heap rounds up, and the state says what may be used.
    private long RoundedSize(nint block, long size)
    {
        if (_heap is null)
        {
            return size;
        }

        long usable = (long)_heap.UsableSize(block);
        Require(usable >= size, $"the block at 0x{block:x} has {usable} bytes, {size} were asked for");
        Require(_memory!.IsOpen(block, (nuint)usable), $"the block at 0x{block:x} lies on pages that are not committed");
        return usable;
    }

    // A block that was allocated at the heap itself: from now on the state counts it.
    private void AttachOwn(Op op)
    {
        ForgetFailures();
        nint block = _heap!.Allocate((nuint)op.A);
        if (block == 0)
        {
            RequireReason((ulong)op.A);
            return;
        }

        if (_model.Find(block) is not null)
        {
            _heap.Free(block);
            return;
        }

        bool done = true;
        Exception? thrown = Catch(() => done = CallAttachHeap(op.Code, block, op.A, IsRaw(op)));
        if (thrown is OutOfMemoryException || !done)
        {
            _heap.Free(block);
            RequireReason(0);
            return;
        }

        Require(thrown is null, $"attaching a block of the heap gave {thrown?.GetType().Name}: {thrown?.Message}");
        long usable = RoundedSize(block, op.A);
        ModelBlock attached = new()
        {
            Address = block,
            Count = 1,
            Size = usable,
            MemorySize = usable,
            Kind = BlockKind.Allocated,
            Pattern = ++_patterns,
            Register = op.Register,
        };
        Attached(op.Register, attached);
        BlockPattern.Fill(block, usable, attached.Pattern);
    }

    // In memory of its own heap a state takes blocks in use only: the heap would hand out the others again.
    private void AttachInHeap(Op op)
    {
        ForgetFailures();
        bool done = true;
        Exception? thrown = Catch(() => done = CallAttachInvented(op, out _));
        if (op.Code == OpCode.TryAttachDelegate)
        {
            Require(thrown is null && !done, $"RmTryAttach of 0x{op.A:x} in the heap gave {thrown?.GetType().Name ?? "true"}");
            return;
        }

        bool refused = thrown is DoubleFreeException or MisalignedPointerException;
        Require(refused, $"attaching 0x{op.A:x} in the heap, where no block is in use, gave {thrown?.GetType().Name ?? "no exception"}");
        Same((nint)op.A, ((MemoryViolationException)thrown!).Block, "the block of the violation");
        _model.Totals.Violations++;
    }

    // What a state counts cannot be freed or resized behind its back.
    private void FreeCounted(ModelBlock block)
    {
        RequireCounted(Catch(() => _heap!.Free(block.Address)), block, "Free");
        RequireCounted(Catch(() => _heap!.Reallocate(block.Address, 0, 8, 0)), block, "Reallocate");
        RequireCounted(Catch(_heap!.Dispose), null, "Dispose of the heap");
        RequireCounted(Catch(_arena!.Dispose), null, "Dispose of the arena");
        Require(!_heap.IsDisposed && !_arena.IsDisposed, "a refused Dispose disposed the heap");
    }

    private static void RequireCounted(Exception? thrown, ModelBlock? block, string call)
    {
        Require(thrown is CountedBlockException, $"{call} of the counted {block} gave {thrown?.GetType().Name ?? "no exception"}");
        Same(block?.Address ?? 0, ((CountedBlockException)thrown!).Block, "the block of CountedBlockException");
    }

    private void TrimHeap(int slices)
    {
        if (_heap is not null)
        {
            _ = _heap.Trim((long)slices << 12);
            _ = _arena!.Trim((long)slices << 12);
        }
    }

    private void CompareHeap()
    {
        if (_heap is null)
        {
            return;
        }

        _arena!.Verify();
        long bytes = _model.Live.Where(b => b.Kind == BlockKind.Allocated).Sum(b => b.MemorySize);
        Same((nuint)bytes, _heap.Usage.LiveBytes, "the live bytes of the heap");
        foreach (ModelBlock block in _model.Live)
        {
            Require(block.Kind != BlockKind.Allocated || _memory!.IsOpen(block.Address, (nuint)block.MemorySize), $"pages of {block} were given back to the system");
        }
    }

    private void EndArena()
    {
        if (_heap is null)
        {
            return;
        }

        Same(0L, _heap.Usage.LiveBlocks, "the number of blocks that the state left in the heap");
        _arena!.Verify();
        _arena.Dispose();
        Same(0, _memory!.Areas, "the number of areas that the arena left behind");
        RequireNoFault();
    }
}
