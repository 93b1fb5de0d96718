using System.Globalization;
using Rm.Arenas;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Memory;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>Blocks that come, change and go.</content>
internal sealed partial class HeapExecution
{
    private const nuint LargestInSlab = 32 << 10;
    private const nuint LargestInClass = 1 << 20;
    private const nuint LargestAlignmentInClass = 64 << 10;

    // More than any system has: refused without a call.
    private const ulong SurelyImpossible = 1UL << 45;

    private void Change(Op op)
    {
        HeapBlock? live = LiveBlock(op.Register);
        switch (op.Code)
        {
            case OpCode.HeapAllocate or OpCode.HeapZeroed or OpCode.HeapAligned when live is null:
                Allocate(op);
                break;
            case OpCode.HeapReallocate when live is not null:
                Reallocate(live, (nuint)op.A);
                break;
            case OpCode.HeapFree or OpCode.HeapFreeTwice when live is not null:
                Free(live);
                if (op.Code == OpCode.HeapFreeTwice)
                {
                    FreeAtOnceAgain(live);
                }

                break;
            default:
                break;
        }
    }

    private void Allocate(Op op)
    {
        int pool = PoolOf(op.Register);
        INativeAllocator heap = AllocatorOf(pool);
        bool aligned = op.Code == OpCode.HeapAligned;
        nuint size = (nuint)(aligned ? op.B : op.A);
        nuint alignment = aligned ? (nuint)op.A : 0;
        PoolUsage before = _pools[pool].Usage;
        nint block = op.Code switch
        {
            OpCode.HeapZeroed => heap.AllocateZeroed(size),
            OpCode.HeapAligned => heap.AllocateAligned(size, alignment),
            _ => heap.Allocate(size),
        };
        if (block == 0)
        {
            RequireReason(pool, size, alignment);
            return;
        }

        HeapBlock allocated = new()
        {
            Address = block,
            Size = size,
            Usable = heap.UsableSize(block),
            Alignment = alignment,
            IsLone = !IsOfElements(pool) && IsLone(size, alignment),
            Pool = pool,
            Register = op.Register,
        };
        RequireNew(allocated);
        RequireNoRoom(pool, before);
        Require((op.Code != OpCode.HeapZeroed && !(IsOfElements(pool) && _options.ZeroesElements)) || BlockContents.IsZero(block, size), $"the zeroed {allocated} has other bytes");
        Begin(allocated);
    }

    private static bool IsLone(nuint size, nuint alignment) => size > LargestInClass || alignment > LargestAlignmentInClass;

    private void Begin(HeapBlock block)
    {
        _model.Add(block);
        SetRegister(block.Register, block.Address);
        block.Pattern = ++_patterns;
        BlockContents.Fill(block.Address, block.Usable, block.Pattern);
    }

    private void RequireNew(HeapBlock block)
    {
        Same(0, (nint)((nuint)block.Address % nuint.Max(block.Alignment, LeastAlignment(block.Pool))), $"the misalignment of {block}");
        Require(block.Usable >= block.Size, $"{block} is too small");
        Require(_memory.IsOpen(block.Address, block.Usable), $"{block} lies on pages that are not committed");
        Require(_model.Touched(block.Address, block.Usable) is not { } other, $"{block} lies over {_model.Touched(block.Address, block.Usable)}");
        nuint waste = block.Usable - block.Size;
        nuint fair = IsOfElements(block.Pool) ? (nuint)_options.ElementSize
            : _options.PassThrough ? 0
            : block.IsLone ? (IsStuck ? nuint.MaxValue : (nuint)_options.PageSize)
            : block.Alignment > 16 ? block.Size + block.Alignment + (32 << 10) + (nuint)_options.PageSize
            : block.Size > LargestInSlab ? (block.Size / 8) + (nuint)_options.PageSize
            : nuint.Max(16, block.Size / 8);
        Require(waste <= fair, $"{block} wastes {waste.ToString(CultureInfo.InvariantCulture)} bytes");
    }

    private void Reallocate(HeapBlock block, nuint size)
    {
        INativeAllocator heap = AllocatorOf(block.Pool);
        RequireIntact(block);
        nint resized = heap.Reallocate(block.Address, (_patterns & 1) == 0 ? 0 : block.Size, size, block.Alignment);
        if (resized == 0)
        {
            RequireReason(block.Pool, size, block.Alignment);
            RequireIntact(block);
            return;
        }

        nuint kept = nuint.Min(block.Usable, size);
        _model.Remove(block);
        (block.Address, block.Size, block.Usable) = (resized, size, heap.UsableSize(resized));
        block.IsLone = !IsOfElements(block.Pool) && IsLone(size, block.Alignment);
        Same(0, (nint)((nuint)resized % nuint.Max(block.Alignment, LeastAlignment(block.Pool))), $"the misalignment of the resized {block}");
        Require(block.Usable >= size, $"the resized {block} is too small");
        Require(_memory.IsOpen(resized, block.Usable), $"the resized {block} lies on pages that are not committed");
        Require(_model.Touched(resized, block.Usable) is not { } other, $"the resized {block} lies over {_model.Touched(resized, block.Usable)}");
        Require(BlockContents.IsIntact(resized, kept, block.Pattern), $"the resized {block} lost its contents");
        Begin(block);
    }

    private void Free(HeapBlock block)
    {
        INativeAllocator heap = AllocatorOf(block.Pool);
        RequireIntact(block);
        if ((block.Pattern & 1) == 0)
        {
            FreeAt(block.Pool, block.Address);
        }
        else
        {
            heap.Free(block.Address, block.Size, block.Alignment);
        }

        _model.Remove(block);
        Same((nuint)0, heap.UsableSize(block.Address), $"the usable size of the freed {block}");
    }

    // Nothing came between, so the heap must know.
    private void FreeAtOnceAgain(HeapBlock block)
    {
        Exception? thrown = Catch(() => FreeAt(block.Pool, block.Address));
        bool forgotten = block.IsLone || _options.PassThrough;
        bool perhaps = !IsOfElements(block.Pool) && block.Usable > LargestInSlab;
        Require(
            (thrown is ForeignBlockException && (forgotten || perhaps)) || (thrown is DoubleFreeException && !forgotten),
            $"freeing {block} twice gave {thrown?.GetType().Name ?? "no exception"}");
        Same(block.Address, ((MemoryViolationException)thrown!).Block, "the block of the violation");
    }

    private void RequireIntact(HeapBlock block)
    {
        Require(_memory.IsOpen(block.Address, block.Usable), $"pages of {block} were given back to the system");
        Require(BlockContents.IsIntact(block.Address, block.Usable, block.Pattern), $"the contents of {block} changed");
    }

    // There is no memory: a call was refused, or the request is absurd, or the limit is near.
    private void RequireReason(int pool, nuint size, nuint alignment)
    {
        _untilFullComparison -= 8;
        if (IsOfElements(pool) && (size > (nuint)_options.ElementSize || alignment > ((BlockHeap)_pools[pool]).Alignment))
        {
            return;
        }

        nuint block = IsOfElements(pool) ? StrideOf(pool) * (nuint)_options.ElementsPerBlock : 0;
        nuint wanted = _options.PassThrough ? nuint.Max(size, block) : (2 * nuint.Max(size, alignment)) + (128 << 10) + block;
        nuint idle = _options.PassThrough || IsStuck ? 0 : _arena.SpareBytes;
        bool limited = _arena.CommitLimit != nuint.MaxValue && _arena.CommittedBytes - idle + wanted > _arena.CommitLimit;
        Require(
            _memory.Refused != MemoryCalls.None || size > SurelyImpossible || alignment > SurelyImpossible || limited,
            $"no memory for {size} bytes, though nothing failed");
    }

    // Whether some spare memory may be of a kind that cannot go back.
    private bool IsStuck => _memory.EverRefused != MemoryCalls.None || _options.Lent != 0;
}
