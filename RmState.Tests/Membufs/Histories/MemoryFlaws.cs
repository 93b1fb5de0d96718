namespace Rm.Tests.Membufs.Histories;

/// <summary>What memory does worse than the protocol may expect, to see that the exploration notices.</summary>
[Flags]
internal enum MemoryFlaws
{
    None = 0,

    /// <summary>A fence does nothing.</summary>
    NoFence = 1,

    /// <summary>Adding is a load and a store.</summary>
    TornAdd = 2,

    /// <summary>A compare-and-swap is a load and a store.</summary>
    TornSwap = 4,

    /// <summary>An exchange is a load and a store.</summary>
    TornExchange = 8,

    /// <summary>Atomic accesses leave the thread's earlier stores to other places in its buffer.</summary>
    UndrainedBuffer = 16,
}
