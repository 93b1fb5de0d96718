using Rm.Arenas;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Memory;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>Lookups and refusals: nothing changes.</content>
internal sealed partial class HeapExecution
{
    private void Look(Op op)
    {
        HeapBlock? live = LiveBlock(op.Register);
        switch (op.Code)
        {
            case OpCode.HeapLook:
                LookAt(op.Register, Register(op.Register));
                break;
            case OpCode.HeapFreeAgain:
                FreeWrongly(op.Register, Register(op.Register), reallocate: false);
                break;
            case OpCode.HeapFreeInside when live is { Usable: > 1 }:
                FreeWrongly(live.Pool, live.Address + 1 + (nint)((nuint)op.A % (live.Usable - 1)), reallocate: false);
                break;
            case OpCode.HeapFreeOther when live is not null:
                FreeWrongly((int)((ulong)op.A % (ulong)_pools.Length), live.Address, reallocate: false);
                break;
            case OpCode.HeapFreeAt:
                FreeWrongly(op.Register, (nint)op.A, reallocate: false);
                break;
            case OpCode.HeapReallocateWrong:
                FreeWrongly(op.Register, Register(op.Register) + (nint)(op.A % 4), reallocate: true);
                break;
            case OpCode.HeapBadArgument:
                BadArgument(op.Register, (int)(ulong)op.A);
                break;
            case OpCode.HeapVerify:
                CompareEverything();
                break;
            default:
                break;
        }
    }

    private void LookAt(int register, nint address)
    {
        int pool = PoolOf(register);
        INativeAllocator heap = AllocatorOf(pool);
        HeapBlock? inside = _model.Touched(address, 1);
        bool own = inside is not null && inside.Pool == pool;
        Same(own && inside!.Address == address ? inside.Usable : 0, heap.UsableSize(address), $"the usable size of 0x{address:x}");
        if (own)
        {
            Require(_pools[pool].Contains(address) && heap.OwnerOf(address) == AddressOwner.Mine, $"the heap does not know {inside}");
        }

        if (inside is not null)
        {
            Require(ReferenceEquals(_arena.PoolOf(address), _pools[inside.Pool]), $"the arena does not know {inside}");
        }
        else if (_memory.IsNobodys(address))
        {
            Require(!_arena.Contains(address) && heap.OwnerOf(address) == AddressOwner.Foreign, $"0x{address:x} is nobody's");
        }
    }

    // Frees what is not a live block of that heap, and requires the refusal that says why.
    private void FreeWrongly(int register, nint address, bool reallocate)
    {
        int pool = PoolOf(register);
        HeapBlock? inside = _model.Touched(address, 1);
        if (inside is not null && inside.Pool == pool && inside.Address == address)
        {
            return;
        }

        INativeAllocator heap = AllocatorOf(pool);
        Exception? thrown = Catch(() =>
        {
            if (reallocate)
            {
                _ = heap.Reallocate(address, 0, 8, 0);
            }
            else
            {
                FreeAt(pool, address);
            }
        });
        bool fits = thrown switch
        {
            ArgumentNullException => address == 0,
            ForeignBlockException => inside is null || inside.Pool != pool,
            MisalignedPointerException => address != 0 && (inside is null || inside.Pool == pool),
            DoubleFreeException => inside is null && !_options.PassThrough,
            _ => false,
        };
        bool strict = address == 0 || !_memory.IsNobodys(address) || thrown is ForeignBlockException;
        Require(fits && strict, $"freeing 0x{address:x} in pool {pool} gave {thrown?.GetType().Name ?? "no exception"}: {(inside is null ? "no block is there" : $"there is {inside}")}");
        Require(thrown is not MemoryViolationException violation || violation.Block == address, "a violation names another block");
        LookAt(register, address);
    }

    private void BadArgument(int register, int form)
    {
        Pool pool = _pools[PoolOf(register)];
        var heap = pool as SizeClassHeap;
        switch (form % 6)
        {
            case 0 when heap is not null:
                RequireOutOfRange(() => heap.AllocateAligned(8, 0), "an alignment of 0");
                break;
            case 1 when heap is not null:
                RequireOutOfRange(() => heap.AllocateAligned(8, 24), "an alignment of 24");
                break;
            case 2:
                RequireOutOfRange(() => pool.Trim(-1), "a budget of -1");
                break;
            case 3:
                RequireOutOfRange(() => _arena.Trim(-1), "a budget of -1");
                break;
            case 4:
                RequireOutOfRange(() => _arena.SpareFraction = double.NaN, "no fraction at all");
                break;
            default:
                RequireOutOfRange(() => _arena.AddRegion((nint)1 << 20, 100), "a region of 100 bytes");
                break;
        }
    }

    private static void RequireOutOfRange(Action call, string what)
    {
        Exception? thrown = Catch(call);
        Require(thrown is ArgumentOutOfRangeException, $"{what} gave {thrown?.GetType().Name ?? "no exception"}");
    }
}
