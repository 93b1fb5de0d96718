using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <content>State against model: what a step touched after every step, everything from time to time.</content>
internal sealed unsafe partial class Execution
{
    // What the option promises.
    private const long MostSpareBytes = 88 << 10;

    private long _stamp;

    /// <summary>Compares with somebody else's opinion of what lives: registers with their counts, and all known bytes unless null.</summary>
    public void Compare(IEnumerable<KeyValuePair<int, long>> counts, long? liveBytes)
    {
        int live = 0;
        foreach ((int register, long count) in counts)
        {
            Require(_state.RmTryCount(Register(register), out long actual), $"#{register} is gone");
            Same(count, actual, $"the count of #{register}");
            live++;
        }

        Same(live, _state.Statistics.LiveBlocks, "the number of live blocks");
        Same(liveBytes ?? _state.Statistics.LiveBytes, _state.Statistics.LiveBytes, "the live bytes");
    }

    private void CompareAfter(Op op)
    {
        RequireNoFault();
        Same(0, _queue.Count, "the number of deallocators still to run");
        Require(_reported.Count == 0, _reported.Count > 0 ? $"a violation was reported without a cause: {_reported[0].Message}" : "");
        CompareTotals();
        CompareLookups(Register(op.Register));
        if (_diagnosed)
        {
            CompareHolders(Register(op.Register));
        }

        if (--_untilFullComparison <= 0)
        {
            CompareEverything();
        }
    }

    private void RequireNoFault()
    {
        Require(_fault is null, _fault ?? "");
        Require(_region?.Misuse is null, _region?.Misuse ?? "");
        Require(_table?.Misuse is null, _table?.Misuse ?? "");
        Require(_memory?.Misuse is null, _memory?.Misuse ?? "");
    }

    private void CompareTotals()
    {
        RmStatistics statistics = _state.Statistics;
        string? difference = _model.Totals.Difference(statistics);
        Require(difference is null, difference ?? "");
        bool keepsSpares = UsesMalloc && _options.KeepsSpares;
        Require(
            statistics.SpareBytes == 0 || (keepsSpares && statistics.SpareBytes is > 0 and <= MostSpareBytes),
            $"{statistics.SpareBytes} bytes of spare blocks are kept");
        if (_region is not null)
        {
            Same(_model.Allocated, _region.LiveBlocks, "the number of blocks taken from the allocator");
        }

        if (_heap is not null)
        {
            Same(_model.Allocated, _heap.Usage.LiveBlocks, "the number of blocks in use in the heap");
        }

        if (_table is not null)
        {
            Same(_table.HeldBytes, statistics.TableBytes, "TableBytes");
        }
    }

    // The forms that never throw: cheap enough for every step.
    private void CompareLookups(nint block)
    {
        ModelBlock? known = block == 0 ? null : _model.Find(block);
        bool live = known is { Finalizing: false };
        Same(live, _state.RmContains(block), "RmContains");
        Same(known is not null, _state.RmTryCount(block, out long count), "RmTryCount");
        Same(live ? known!.Count : 0, count, "the count of RmTryCount");
        bool sized = known is { Size: >= 0 };
        Same(sized, _state.RmTrySize(block, out nuint size), "RmTrySize");
        Same(sized ? (nuint)known!.Size : 0, size, "the size of RmTrySize");
    }

    private void CompareEverything()
    {
        _state.Verify();
        CompareTotals();
        CompareHeap();
        CompareEnumeration();
        foreach (ModelBlock block in _model.Live)
        {
            CompareLookups(block.Address);
            CompareHolders(block.Address);
            Require(!block.HasMemory || BlockPattern.IsIntact(block.Address, block.MemorySize, block.Pattern), $"the contents of {block} changed");
        }

        // Verify visits every slot, so its cost is shared by as many steps.
        _untilFullComparison = 64 + (2 * _model.Live.Count) + (int)Math.Min(_state.Statistics.Capacity / 4, 20_000);
    }

    private void CompareEnumeration()
    {
        _stamp++;
        int met = 0;
        foreach (RmBlock block in _state.RmBlocks)
        {
            CompareListed(block);
            met++;
        }

        Same(_model.Live.Count, met, "the number of enumerated blocks");
    }

    private void CompareListed(RmBlock block)
    {
        Require(_model.TryFindLive(block.Address, out ModelBlock? known), $"0x{block.Address:x} is listed and is not live");
        Require(known!.Stamp != _stamp, $"0x{block.Address:x} is listed twice");
        known.Stamp = _stamp;
        Same(known.Count, block.Count, "a listed count");
        CompareSite(known.Site, block.Site, "a listed site");
        Same(known.Size < 0 ? null : (nuint)known.Size, block.Size, "a listed size");
    }
}
