using Rm.Arenas;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Memory;

namespace Rm.Fuzz.Subjects;

/// <content>Trimming, limits, heaps that end and begin, memory that fails.</content>
internal sealed partial class HeapExecution
{
    private void Upkeep(Op op)
    {
        switch (op.Code)
        {
            case OpCode.HeapTrim:
                TrimHeap(_pools[PoolOf(op.Register)], op.A);
                break;
            case OpCode.ArenaTrim:
                TrimArena(op.A);
                break;
            case OpCode.ArenaLimit:
                SetLimit(op.A <= 0 ? nuint.MaxValue : (nuint)op.A);
                break;
            case OpCode.ArenaSpare:
                _arena.SpareFraction = (ulong)op.A % 101 / 100.0;
                break;
            case OpCode.HeapRenew:
                Renew(PoolOf(op.Register));
                break;
            case OpCode.MemoryFail:
                _memory.FailAfter((int)op.A);
                break;
            default:
                _memory.Down = (MemoryCalls)op.A & MemoryCalls.All;
                break;
        }
    }

    private void TrimHeap(Pool heap, long budget)
    {
        nuint before = _arena.CommittedBytes;
        long given = heap.Trim(Math.Abs(budget));
        Require((nuint)given <= before - _arena.CommittedBytes, $"Trim gave {given} bytes back, {before - _arena.CommittedBytes} have gone");
        RequireBudget(given, budget);
    }

    private void TrimArena(long budget)
    {
        nuint spare = _arena.SpareBytes;
        nuint before = _arena.CommittedBytes;
        nuint tables = _arena.Statistics.MetadataBytes;
        long given = _arena.Trim(Math.Abs(budget));
        nuint gone = before - _arena.CommittedBytes;
        Same((long)(gone + tables - _arena.Statistics.MetadataBytes), given, "what Trim says it gave back");
        Same(gone, spare - _arena.SpareBytes, "the spare memory that went");
        RequireBudget((long)gone, budget);
        Require(Math.Abs(budget) < long.MaxValue || IsStuck || _arena.SpareBytes == 0, $"Trim left {_arena.SpareBytes} spare bytes");
    }

    // Spare memory goes by granules, and malloc's as a whole.
    private void RequireBudget(long given, long budget) =>
        Require(IsStuck || given - (64 << 10) < Math.Abs(budget), $"Trim gave {given} bytes back, its budget was {budget}");

    private void SetLimit(nuint limit)
    {
        nuint before = _arena.CommitLimit;
        Exception? thrown = Catch(() => _arena.CommitLimit = limit);
        if (thrown is null)
        {
            Same(limit, _arena.CommitLimit, "the commit limit");
            return;
        }

        Require(thrown is InvalidOperationException, $"a new limit gave {thrown.GetType().Name}: {thrown.Message}");
        Same(before, _arena.CommitLimit, "the commit limit after a refused change");
        Require(_arena.CommittedBytes - (IsStuck ? 0 : _arena.SpareBytes) > limit, $"a limit of {limit} was refused, with {_arena.CommittedBytes} bytes committed");
    }

    // A heap ends with its blocks, and another takes its place.
    private void Renew(int pool)
    {
        Pool old = _pools[pool];
        HeapBlock[] blocks = [.. _model.Live.Where(b => b.Pool == pool)];
        Array.ForEach(blocks, RequireIntact);
        old.Dispose();
        Array.ForEach(blocks, _model.Remove);
        RequireEnded(old);
        int pools = _arena.Pools.Count;
        try
        {
            _pools[pool] = CreatePool(pool);
        }
        catch (OutOfMemoryException)
        {
            RequireReason(pool, 0, 0);
            Same(pools, _arena.Pools.Count, "the number of pools after a heap could not be made");
            _memory.Armed = false;
            _arena.CommitLimit = nuint.MaxValue;
            _pools[pool] = CreatePool(pool);
            _memory.Armed = true;
        }

        Same(pools + 1, _arena.Pools.Count, "the number of pools");
    }

    private static void RequireEnded(Pool pool)
    {
        pool.Dispose();
        Require(pool.IsDisposed && pool.ToString() is { Length: > 0 }, "a disposed heap is not disposed");
        Same(default, pool.Usage, "the usage of a disposed heap");
        RequireDisposed(() => ((INativeAllocator)pool).Allocate(0));
        RequireDisposed(() => ((INativeAllocator)pool).AllocateZeroed(0));
        RequireDisposed(() => ((INativeAllocator)pool).Free(16, 0, 0));
        RequireDisposed(() => pool.Trim());
        RequireDisposed(pool.Verify);
    }

    private static void RequireDisposed(Action call)
    {
        Exception? thrown = Catch(call);
        Require(thrown is ObjectDisposedException, $"a disposed heap gave {thrown?.GetType().Name ?? "no exception"}");
    }
}
