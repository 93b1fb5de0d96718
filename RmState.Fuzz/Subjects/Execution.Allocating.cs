using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>Blocks of the state's allocator.</content>
internal sealed unsafe partial class Execution
{
    // libc may well give more than this, and it certainly cannot give more than the second.
    private const long SurelyPossible = 1 << 20;
    private const ulong SurelyImpossible = 1UL << 56;

    private void Allocate(Op op)
    {
        if (op.Code is OpCode.Realloc or OpCode.TryRealloc)
        {
            Reallocate(op);
            return;
        }

        if (IsLive(op.Register))
        {
            return;
        }

        UInt128 size = RequestedSize(op);
        ForgetFailures();
        nint block;
        bool done;
        try
        {
            done = CallAllocate(op, out block);
        }
        catch (OutOfMemoryException) when (!IsTry(op.Code))
        {
            RequireReason(size);
            return;
        }

        if (done)
        {
            RequireNoReason(size);
            bool zeroed = op.Code is OpCode.Calloc or OpCode.TryCalloc;
            Allocated(op.Register, block, (long)size, op.Code is OpCode.Aligned or OpCode.TryAligned ? (nuint)op.A : 0, zeroed);
        }
        else
        {
            Same(0, block, "the block of a failed Try form");
            RequireReason(size);
        }
    }

    private static bool IsTry(OpCode code) => code
        is OpCode.TryMalloc or OpCode.TryCalloc or OpCode.TryAligned or OpCode.TryReallocNull or OpCode.TryRealloc;

    private static UInt128 RequestedSize(Op op) => op.Code switch
    {
        OpCode.Calloc or OpCode.TryCalloc => (UInt128)(ulong)op.A * (ulong)op.B,
        OpCode.Aligned or OpCode.TryAligned => (ulong)op.B,
        OpCode.MallocTyped => (UInt128)(ulong)op.A * sizeof(long),
        _ => (ulong)op.A,
    };

    private bool CallAllocate(Op op, out nint block)
    {
        nuint a = (nuint)op.A;
        nuint b = (nuint)op.B;
        switch (op.Code)
        {
            case OpCode.TryMalloc:
                return _state.RmTryMalloc(a, out block, _file, _line);
            case OpCode.TryCalloc:
                return _state.RmTryCalloc(a, b, out block, _file, _line);
            case OpCode.TryAligned:
                return _state.RmTryAlignedAlloc(a, b, out block, _file, _line);
            case OpCode.TryReallocNull:
                return _state.RmTryRealloc(0, a, out block, _file, _line);
            case OpCode.MallocTyped:
                block = (nint)_state.RmMalloc<long>(a, _file, _line);
                return true;
            case OpCode.Calloc:
                block = _state.RmCalloc(a, b, _file, _line);
                return true;
            case OpCode.Aligned:
                block = _state.RmAlignedAlloc(a, b, _file, _line);
                return true;
            case OpCode.ReallocNull:
                block = IsRaw(op) ? (nint)_state.RmRealloc((void*)null, a, _file, _line) : _state.RmRealloc(0, a, _file, _line);
                return true;
            default:
                block = _state.RmMalloc(a, _file, _line);
                return true;
        }
    }

    private void Allocated(int register, nint block, long size, nuint alignment, bool zeroed)
    {
        Require(block != 0, "an allocation gave null");
        Same(0, (nint)((nuint)block % Math.Max(alignment, 16)), "the misalignment");
        Require(UsesMalloc || Owns(block), $"0x{block:x} does not come from the allocator");
        Require(!zeroed || BlockPattern.IsZero(block, size), "a zeroed block has other bytes");
        size = RoundedSize(block, size);
        TakeAddress(block);
        ModelBlock allocated = new()
        {
            Address = block,
            Count = 1,
            Size = size,
            MemorySize = size,
            Kind = BlockKind.Allocated,
            Alignment = alignment,
            Pattern = ++_patterns,
            Register = register,
        };
        _model.Allocate(allocated);
        BlockPattern.Fill(block, size, allocated.Pattern);
        SetRegister(register, block);
    }

    // The allocator gave this address out: whoever else has it in the table was freed behind the state's back.
    private void TakeAddress(nint block)
    {
        if (_model.Find(block) is not { } old)
        {
            return;
        }

        if (old.Finalizing)
        {
            Require(old.Running, $"0x{block:x} was given out before its deallocator ran");
            return;
        }

        _model.Abandon(old);
        Same(1, _reported.Count, "the number of violations reported when an address comes back");
        Require(_reported[0] is AddressReusedException, $"{_reported[0].GetType().Name} was reported when an address came back");
        Same(block, _reported[0].Block, "the block of AddressReusedException");
        _reported.Clear();
    }

    private void Reallocate(Op op)
    {
        nint block = Register(op.Register);
        if (block == 0)
        {
            return;
        }

        ForgetFailures();
        nint resized = 0;
        bool attempt = op.Code == OpCode.TryRealloc;
        bool done = !attempt;
        nuint size = (nuint)op.A;
        Exception? thrown = Catch(() =>
        {
            if (attempt)
            {
                done = _state.RmTryRealloc(block, size, out resized, _file, _line);
            }
            else
            {
                resized = IsRaw(op) ? (nint)_state.RmRealloc((void*)block, size, _file, _line) : _state.RmRealloc(block, size, _file, _line);
            }
        });
        bool live = _model.TryFindLive(block, out ModelBlock? old);
        if (live && !attempt && thrown is HeldBlockException)
        {
            Require(old!.Count == 1 && old.Holds.Count > 0, $"RmRealloc took {old} for held");
            Refused<HeldBlockException>(thrown, "RmRealloc", block);
        }
        else if (live && IsResizable(old!))
        {
            Require(thrown is null || (!attempt && thrown is OutOfMemoryException), $"RmRealloc gave {thrown?.GetType().Name}: {thrown?.Message}");
            Resized(op, old!, thrown is null && done ? resized : 0);
        }
        else if (attempt)
        {
            Require(thrown is null && !done && resized == 0, $"RmTryRealloc of 0x{block:x} gave {thrown?.GetType().Name ?? "a block"}");
        }
        else if (!live)
        {
            RefusedAsUnknown(thrown, "RmRealloc", block);
        }
        else if (old!.Count > 1 && thrown is SharedBlockException)
        {
            Refused<SharedBlockException>(thrown, "RmRealloc", block);
        }
        else
        {
            Require(!IsOwn(old) || old.Count == 1, $"RmRealloc of the shared {old} gave {thrown?.GetType().Name ?? "no exception"}");
            Refused<ForeignBlockException>(thrown, "RmRealloc", block);
        }
    }

    private bool IsOwn(ModelBlock block) => block.Kind == BlockKind.Allocated || (block.Kind == BlockKind.Heap && UsesMalloc);

    private bool IsResizable(ModelBlock block) => IsOwn(block) && block.Count == 1 && block.Holds.Count == 0;

    // 0 for "no memory": then the old block must be as it was.
    private void Resized(Op op, ModelBlock block, nint resized)
    {
        long size = op.A;
        if (resized == 0)
        {
            RequireReason((ulong)size);
            Require(BlockPattern.IsIntact(block.Address, block.MemorySize, block.Pattern), $"a failed RmRealloc changed {block}");
            return;
        }

        if (_table is not { Failed: true })
        {
            RequireNoReason((ulong)size);
        }

        Same(0, (nint)((nuint)resized % Math.Max(block.Alignment, 16)), "the misalignment after RmRealloc");
        Require(UsesMalloc || Owns(resized), $"0x{resized:x} does not come from the allocator");
        Require(BlockPattern.IsKept(resized, block.MemorySize, size, block.Pattern), $"RmRealloc to {size} did not keep the contents of {block}");
        if (resized != block.Address)
        {
            _model.Sites.Moved(block);
            TakeAddress(resized);
        }

        size = RoundedSize(resized, size);
        _model.Resize(block, resized, size);
        block.Register = op.Register;
        block.Pattern = ++_patterns;
        BlockPattern.Fill(resized, size, block.Pattern);
        SetRegister(op.Register, resized);
    }

    private void ForgetFailures()
    {
        _region?.BeginStep();
        _memory?.BeginStep();
        _table?.BeginStep();
    }

    // A call failed for lack of memory: something must have failed, or the request must have been absurd.
    private void RequireReason(UInt128 size)
    {
        bool failed = _region is { Failed: true } || _table is { Failed: true } or { Down: true } || _memory is { Refused: not MemoryCalls.None };
        Require(failed || size > SurelyPossible, "no memory, though nothing failed");

        // A failed call must have changed nothing at all; looking everywhere after each would take too long in a large state.
        _untilFullComparison -= _model.Live.Count < 100 ? 64 : 4;
    }

    private void RequireNoReason(UInt128 size) => Require(
        _region is not { Failed: true } && size < SurelyImpossible,
        "a call went well though its allocator had no memory");
}
