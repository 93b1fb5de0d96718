using Rm.Fuzz.Models;
using Rm.Membufs;

namespace Rm.Fuzz.Subjects;

/// <content>Heap against model: totals after every step, every block and every invariant from time to time, and at the end.</content>
internal sealed unsafe partial class MembufExecution
{
    public void Finish()
    {
        try
        {
            _memory.Armed = false;
            CompareEverything();
            SettleAll();
            EndBlocks();
            SettleAll();
            _current = 0;
            _ofThread = this;
            DisposeHeap();
            if (!_heap.IsDisposed)
            {
                GiveAllBack();
                DisposeHeap();
            }

            RequireNoFault();
            _heap.Dispose();
            _arena.Dispose();
            _finished = true;
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
        Require(_model.Ending == 0, "the onFree of a block did not run");
        if (_heap.IsDisposed)
        {
            return;
        }

        CompareTotals();
        if (--_untilFullComparison <= 0)
        {
            CompareEverything();
        }
    }

    private void RequireNoFault()
    {
        if (_fault is not null)
        {
            throw new MismatchException(_fault);
        }
    }

    private void CompareTotals()
    {
        MembufHeapStatistics statistics = _heap.Statistics;
        Same(_model.Allocations, statistics.Allocations, "the number of allocations");
        Same(_options.CountsReferences ? _model.References : 0, statistics.References, "the number of references taken");
        Same(_options.CountsReferences ? _model.Releases : 0, statistics.Releases, "the number of references given back");
        if (statistics.LiveBlocks < _model.Live.Count)
        {
            throw new MismatchException($"{statistics.LiveBlocks} blocks live, not {_model.Live.Count}");
        }

        if (_memory.EverRefused == MemoryCalls.None && _options.Limit == 0)
        {
            Same(_hasHome.Count(static has => has), statistics.Threads, "the number of threads with a home");
            Same(_orphans, statistics.Orphans, "the number of homes without a thread");
        }
    }

    private void CompareEverything()
    {
        _untilFullComparison = 40 + (_model.Live.Count / 2);
        if (_heap.IsDisposed)
        {
            return;
        }

        _heap.Verify();
        foreach (MembufBlock block in _model.Live)
        {
            LookAt(block);
        }
    }

    private void CompareReport()
    {
        MembufReport report = _heap.GetReport();
        Same(_model.Live.Count, report.Blocks, "the number of blocks in a report");
        Same(_model.Live.Aggregate(0UL, static (sum, block) => sum + block.Size), report.Bytes, "the bytes in a report");
        foreach (MembufInfo info in report.Oldest)
        {
            Require(_model.TryFind(info.Block, out MembufBlock? block) && block.Count == info.References && block.Size == info.Size, $"{info} is in a report");
        }
    }

    // With all mail read nothing is left of blocks that are gone.
    private void SettleAll()
    {
        if (_heap.IsDisposed)
        {
            return;
        }

        for (int i = 0; i < _threads.Length; i++)
        {
            _current = i;
            On(i, Settle);
        }

        CompareAfter();
        CompareEverything();
        CompareReport();
        Same(_model.Live.Count, _heap.Statistics.LiveBlocks, "the number of blocks once all mail is read");
    }

    // Every other program leaves its blocks to the disposal.
    private void EndBlocks()
    {
        if ((_options.Seed & 1) == 0 && !_heap.IsDisposed)
        {
            GiveAllBack();
        }
    }

    private void GiveAllBack()
    {
        for (int i = 0; _model.Live.Count > 0; i++)
        {
            _current = i % _threads.Length;
            MembufBlock block = _model.Live[^1];
            On(_current, () => DerefAll(block));
            CompareAfter();
        }
    }

    private void On(int thread, Action action)
    {
        void Work()
        {
            _ofThread = this;
            action();
        }

        if (_threads[thread] is { } other)
        {
            other.Run(Work);
        }
        else
        {
            Work();
        }
    }
}
