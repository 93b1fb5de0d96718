using Rm.Counting;
using Rm.Events;
using Rm.Violations;

namespace Rm;

// What traces and metrics hear of a state without being asked for: its life, what leaks, its violations. None of it is on the way
// of an operation that succeeds.
public sealed unsafe partial class RmState
{
    private LifeCounters? _life;

    /// <summary>What tells this state's events from those of others.</summary>
    internal ulong EventId => (ulong)_header;

    /// <summary>The counters over all resets, for readers on other threads. Made when first asked for.</summary>
    internal LifeCounters Life
    {
        get
        {
            // A foreign thread's misuse is a violation too: two may ask at once.
            if (_life is null)
            {
                Interlocked.CompareExchange(ref _life, new LifeCounters(_headerMemory, _header), comparand: null);
            }

            return _life;
        }
    }

    private void AnnounceCreated() => RmEventSource.Log.StateCreated(EventId, Name);

    private void AnnounceDisposed() =>
        RmEventSource.Log.StateDisposed(EventId, Name, _header->Allocations + _header->Attaches, _header->Violations);

    private void AnnounceReset() => RmEventSource.Log.StateReset(EventId, Name);

    private void AnnounceLeak(RmLeakReport report)
    {
        RmEventSource log = RmEventSource.Log;
        if (!log.IsEnabled())
        {
            return;
        }

        log.StateLeaked(EventId, Name, report.LiveBlocks, report.LiveBytes);
        foreach (RmBlock block in report.Blocks)
        {
            log.BlockLeaked(EventId, (ulong)block.Address, block.Count, (long?)block.Size ?? -1);
        }
    }

    // The blocks of a dropped state stay with whoever has them: they were not freed, and must not be counted so.
    private void AnnounceDropped()
    {
        StateHeader* h = _header;
        RmEventSource.Log.StateDropped(EventId, Name, h->Live + h->HeapLive, h->LiveBytes);
        h->Abandoned += h->Live;
        h->Live = 0;
    }

    private void Announce(MemoryViolationException violation)
    {
        string kind = ViolationCounts.KindOf(violation);
        Life.Violations.Add(kind);
        RmEventSource.Log.ViolationReported(EventId, Name, kind, (ulong)violation.Block, violation.Message);
    }
}
