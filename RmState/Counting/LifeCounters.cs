using Rm.Violations;

namespace Rm.Counting;

/// <summary>
/// The counters of a state over its whole life, resets included, for readers on any thread while the state works. It holds the
/// header's memory and not the state: it keeps no dropped state alive, and never reads memory that is gone.
/// </summary>
/// <remarks>
/// The state does nothing for its readers but tell of its resets. What they read is therefore of slightly different moments; it
/// never goes down, is never more than what was done, and is exact when the state rests.
/// </remarks>
internal sealed unsafe class LifeCounters(byte[] memory, StateHeader* header)
{
    internal const int CounterCount = (int)StateCounter.Frees + 1;
    private const int MaxAttempts = 1000;

    // A pinned array: the header is good for as long as this is.
    private readonly byte[] _memory = memory;
    private readonly StateHeader* _header = header;
    private readonly long[] _beforeReset = new long[CounterCount];
    private readonly long[] _last = new long[CounterCount];
    private readonly Lock _lock = new();

    // Odd while a reset moves the counters from the header to here.
    private int _resets;

    /// <summary>Violations by kind.</summary>
    internal ViolationCounts Violations { get; } = new();

    /// <summary>Whether the state was disposed or finalized: the counters are final.</summary>
    internal bool IsFinal => (Volatile.Read(ref *(uint*)&_header->Modes) & (uint)StateModes.Disposed) != 0;

    internal long LiveBlocks => Read(ref _header->Live) + Read(ref _header->HeapLive);

    internal long LiveBytes => Read(ref _header->LiveBytes);

    internal long PeakBytes => Read(ref _header->PeakBytes);

    internal long TableBytes => PointerTable.BytesOf(_header);

    /// <summary>A counter since the state was made.</summary>
    internal long this[StateCounter counter]
    {
        get
        {
            lock (_lock)
            {
                ref long last = ref _last[(int)counter];
                for (int attempt = 0; attempt < MaxAttempts; attempt++)
                {
                    int resets = Volatile.Read(ref _resets);
                    long value = Volatile.Read(ref _beforeReset[(int)counter]) + Present(counter);
                    if ((resets & 1) == 0 && resets == Volatile.Read(ref _resets))
                    {
                        last = Math.Max(last, value);
                        break;
                    }

                    // The state's thread was stopped in the middle of a reset. What was read before is still true.
                    Thread.Yield();
                }

                GC.KeepAlive(_memory);
                return last;
            }
        }
    }

    /// <summary>The header's counters are about to be set to zero. Only the state's thread may call it.</summary>
    internal void BeginReset()
    {
        // The barrier keeps what follows behind the odd number, for readers that see any of it.
        Interlocked.Increment(ref _resets);
        for (int i = 0; i < CounterCount; i++)
        {
            Volatile.Write(ref _beforeReset[i], _beforeReset[i] + Present((StateCounter)i));
        }
    }

    /// <summary>The header's counters are zero.</summary>
    internal void EndReset() => Interlocked.Increment(ref _resets);

    private static long Read(ref long field) => Volatile.Read(ref field);

    private long Present(StateCounter counter) => counter switch
    {
        StateCounter.Allocations => Read(ref _header->Allocations),
        StateCounter.Reallocations => Read(ref _header->Reallocations),
        StateCounter.Attaches => Read(ref _header->Attaches),
        StateCounter.Retains => Read(ref _header->Retains),
        StateCounter.Releases => Releases(),
        StateCounter.Detaches => Read(ref _header->Detaches),
        _ => Frees(),
    };

    // An operation raises its counter first and the number of operations last. Read in the other order, what happens in between
    // can only make the difference too small.
    private long Releases()
    {
        StateHeader* h = _header;
        long operations = Read(ref h->Operations) >> 1;
        return operations - Read(ref h->Retains) - Read(ref h->Allocations) - Read(ref h->Attaches) - Read(ref h->Detaches)
            - Read(ref h->Reallocations) - Read(ref h->OtherOperations);
    }

    // What came is read before what is there or left, for the same reason. The operation under way may have changed one of them
    // and not yet the other: it is worth one block at most.
    private long Frees()
    {
        StateHeader* h = _header;
        long operations = Read(ref h->Operations);
        long came = Read(ref h->Allocations) + Read(ref h->Attaches);
        long rest = Read(ref h->Live) + Read(ref h->HeapLive) + Read(ref h->Detaches) + Read(ref h->Abandoned);
        bool still = (operations & 1) == 0 && operations == Read(ref h->Operations);
        return came - rest - (still ? 0 : 1);
    }
}
