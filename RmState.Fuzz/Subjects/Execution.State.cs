using System.Numerics;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>The state as a whole: trimming, reports, emptying.</content>
internal sealed unsafe partial class Execution
{
    private RmLeakReport? _leak;
    private int _leaks;

    private void ChangeState(Op op)
    {
        switch (op.Code)
        {
            case OpCode.Trim:
                Trim((int)op.A);
                break;
            case OpCode.Verify:
                _state.Verify();
                break;
            default:
                Reset();
                break;
        }
    }

    private void Trim(int slices)
    {
        ForgetFailures();
        TrimHeap(slices);
        bool done = _state.Trim(slices);
        Same(0L, _state.Statistics.SpareBytes, "the bytes of spare blocks after Trim");
        if (_table is not { Failed: true } and not { Down: true })
        {
            Require(done || slices < int.MaxValue, "Trim with no limit left something to do");
            Require(!done || _state.Statistics.DeadSlots == 0, "Trim was done and left dead slots");
            long fitting = Math.Max((long)BitOperations.RoundUpToPowerOf2((uint)Math.Max(_options.Capacity, 64)), 64L * _model.Live.Count);
            Require(!done || _state.Statistics.Capacity <= fitting, $"Trim was done and left {_state.Statistics.Capacity} slots for {_model.Live.Count} blocks");
        }
    }

    private void CompareReport(RmLeakReport report, StateModel model)
    {
        Same(StateName, report.StateName, "the name in a report");
        Same(model.Totals.LiveBlocks, report.LiveBlocks, "the live blocks of a report");
        Same(model.Totals.LiveBytes, report.LiveBytes, "the live bytes of a report");
        Same(Math.Min(model.Live.Count, RmLeakReport.MaxListed), report.Blocks.Count, "the number of blocks a report lists");
        string? difference = model.Totals.Difference(report.Statistics);
        Require(difference is null, $"in a report {difference}");
        _stamp++;
        foreach (RmBlock block in report.Blocks)
        {
            CompareListed(block);
        }
    }

    // Called before anything is freed; it must not throw through the state.
    private void Leaking(RmLeakReport report)
    {
        _leaks++;
        _leak = report;
        try
        {
            CompareReport(report, _model);
            CompareEverything();
        }
        catch (Exception e)
        {
            _fault ??= $"at the leak report: {e.Message}";
        }
    }

    private void Reset()
    {
        RmLeakReport? report = null;
        bool any = _model.Live.Count > 0;
        if (Empty(() => report = _state.Reset()))
        {
            Same(any, report is not null || _surfaced, "that Reset gives a report");
            Require(report is null || ReferenceEquals(report, _leak), "Reset gave another report than it told");
        }
    }

    private bool _surfaced;

    // Reset or Dispose: false when the policy refused it.
    private bool Empty(Action call)
    {
        _leaks = 0;
        _leak = null;
        _surfaced = false;
        ModelBlock[] live = [.. _model.Live];
        bool refuse = _options.Policy == RmDisposePolicy.ThrowIfLive && live.Length > 0;
        if (_options.Policy == RmDisposePolicy.Free)
        {
            _swept = [.. live.Where(b => b.HasDeallocator)];
        }

        Exception? thrown = Catch(call);
        RequireNoFault();
        if (refuse)
        {
            // Nothing leaks here, so whether OnLeak is told is the state's own affair; the report must be there.
            Same(live.Length, _state.LastReport?.LiveBlocks ?? -1, "the live blocks of LastReport");
            Refused<LiveBlocksException>(thrown, "emptying a state with live blocks", 0);
            return false;
        }

        Same(live.Length > 0 ? 1 : 0, _leaks, "the number of leak reports");
        Require(_leak is null || ReferenceEquals(_leak, _state.LastReport), "LastReport is another report");
        if (thrown is DeliberateException or AggregateException)
        {
            _surfaced = true;
            RequireThrown(thrown);
        }
        else
        {
            Require(thrown is null, $"emptying the state gave {thrown?.GetType().Name}: {thrown?.Message}");
            Same(0, _thrown.Count, "the number of swallowed exceptions of deallocators");
        }

        Require(_swept is null or { Count: 0 }, "blocks were never deallocated");
        Same(0, _queue.Count, "the number of deallocators still to run");
        _swept = null;
        if (_options.Policy == RmDisposePolicy.Abandon)
        {
            Array.ForEach(live, FreeAbandoned);
        }

        if (_state.IsDisposed)
        {
            // The counters of a disposed state stay, and say where every block went.
            _model.End(_options.Policy);
            CompareTotals();
        }

        _model.Reset();
        foreach (ModelHold? hold in _holds)
        {
            _ = hold?.Ended = true;
        }

        return true;
    }

    private void FreeAbandoned(ModelBlock block)
    {
        if (block.HasMemory)
        {
            FreeDetached(block);
        }
    }
}
