using Rm.Arenas;
using Rm.Fuzz.Models;

namespace Rm.Fuzz.Subjects;

/// <content>Heaps against model: totals after every step, every block and every invariant from time to time, and at the end.</content>
internal sealed partial class HeapExecution
{
    public void Finish()
    {
        try
        {
            CompareEverything();
            _memory.Armed = false;
            EndBlocks();
            foreach (Pool pool in _pools)
            {
                _ = pool.Trim();
            }

            CompareEverything();
            _ = _arena.Trim();
            RequireNoFault();
            Require(IsStuck || _arena.CommittedBytes == 0 || _model.Live.Count > 0 || KeepsBlocks, $"{_arena.CommittedBytes} bytes are committed for nothing");
            EndArena();
        }
        catch (MismatchException)
        {
            throw;
        }
        catch (Exception e)
        {
            throw new MismatchException($"unexpected {e.GetType().Name}: {e.Message}", e);
        }
    }

    private void CompareAfter()
    {
        RequireNoFault();
        CompareTotals();
        if (--_untilFullComparison <= 0)
        {
            CompareEverything();
        }
    }

    private void RequireNoFault()
    {
        Require(_fault is null, _fault ?? "");
        Require(_memory.Misuse is null, _memory.Misuse ?? "");
    }

    private void CompareTotals()
    {
        for (int pool = 0; pool < _pools.Length; pool++)
        {
            PoolUsage usage = _pools[pool].Usage;
            Same(_model.BlocksOf(pool), usage.LiveBlocks, $"the number of live blocks of pool {pool}");
            Same(IsOfElements(pool) ? (nuint)_model.BlocksOf(pool) * StrideOf(pool) : _model.BytesOf(pool), usage.LiveBytes, $"the live bytes of pool {pool}");
        }

        Require(_arena.SpareBytes <= _arena.CommittedBytes, $"{_arena.SpareBytes} bytes are spare, {_arena.CommittedBytes} committed");
        Require(_arena.CommittedBytes <= _arena.CommitLimit, $"{_arena.CommittedBytes} bytes are committed, the limit is {_arena.CommitLimit}");
    }

    private void CompareEverything()
    {
        _untilFullComparison = 32 + (_model.Live.Count / 2);
        CompareTotals();
        _arena.Verify();
        foreach (HeapBlock block in _model.Live)
        {
            RequireIntact(block);
            LookAt(block.Pool, block.Address);
        }

        CompareElements();
        CompareStatistics();
        CompareMap();
    }

    private void CompareStatistics()
    {
        ArenaStatistics statistics = _arena.Statistics;
        Same(_model.Live.Count, statistics.LiveBlocks, "the live blocks of the arena");
        Same(_pools.Aggregate((nuint)0, (sum, p) => sum + p.Usage.LiveBytes), statistics.LiveBytes, "the live bytes of the arena");
        Same(_arena.CommittedBytes, statistics.CommittedBytes, "the committed bytes of the statistics");
        Same(_arena.SpareBytes, statistics.SpareBytes, "the spare bytes of the statistics");
        Same(_pools.Length, statistics.Pools, "the number of pools");
        Require(statistics.PeakCommittedBytes >= statistics.CommittedBytes, "more is committed than ever was");
        Same(_announced.Values.Aggregate((nuint)0, (sum, b) => sum + b), statistics.ReservedBytes, "the reserved bytes, against what was announced");
    }

    private void CompareMap()
    {
        if (_options.PassThrough)
        {
            return;
        }

        nint end = 0;
        nuint committed = 0;
        long[] live = new long[_pools.Length];
        foreach (ArenaRange range in _arena.GetMap())
        {
            Require(range.Start >= end, $"the range at 0x{range.Start:x} of the map begins before the last one ends");
            end = range.Start + (nint)range.Bytes;
            committed += range.CommittedBytes;
            if (range.Pool is not null)
            {
                live[Array.IndexOf(_pools, range.Pool)] += range.LiveElements;
            }
        }

        Same(_arena.CommittedBytes, committed, "the committed bytes of the map");
        for (int pool = 0; pool < _pools.Length; pool++)
        {
            Same(_model.BlocksOf(pool), live[pool], $"the live blocks of pool {pool} in the map");
        }
    }

    // Every other program leaves its blocks to the arena.
    private void EndBlocks()
    {
        while (_model.Live.Count > 0 && (_options.Seed & 1) == 0)
        {
            Free(_model.Live[^1]);
        }
    }

    private void EndArena()
    {
        if ((_options.Seed & 2) == 0)
        {
            Array.ForEach(_pools, p => p.Dispose());
            _arena.Verify();
            Same(0, _arena.Pools.Count, "the number of pools that are left");
        }

        _arena.Dispose();
        _arena.Dispose();
        Array.ForEach(_pools, RequireEnded);
        Require(_arena.IsDisposed && _arena.ToString() is { Length: > 0 }, "the arena is not disposed");
        Require(_announced.Count == 0, $"{_announced.Count} chunks were announced and never went");
        if (_lent != 0)
        {
            _memory.TakeBack(_lent);
        }

        RequireNoFault();
        Same(0, _memory.Areas, "the number of areas that the arena left behind");
    }
}
