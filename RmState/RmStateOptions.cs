using System.Diagnostics;
using Rm.Counting;
using Rm.Memory;

namespace Rm;

/// <summary>How a state is made. Every property has a default; the object may be reused for many states.</summary>
public sealed class RmStateOptions
{
    /// <summary>
    /// How many slots the table begins with, rounded up to a power of two: a hint, the table grows as needed whatever it is.
    /// 1 to 1,073,741,824; the default of 4096 is the hash size of the original rm_malloc. Mirrors <c>rm_create_state</c>'s
    /// argument, which there never changes afterwards and is not checked.
    /// </summary>
    public int InitialCapacity { get; init; } = 4096;

    /// <summary>Where blocks come from; null (the default) is libc's malloc, a <see cref="MallocAllocator"/>.</summary>
    public INativeAllocator? Allocator { get; init; }

    /// <summary>What <see cref="RmState.Dispose"/> does with blocks that still live.</summary>
    public RmDisposePolicy DisposePolicy { get; init; } = RmDisposePolicy.Free;

    /// <summary>
    /// Whether a state over malloc keeps a few freed blocks of up to 1000 bytes (128 KiB in all at most) for its next allocations,
    /// which spares them the way into libc and back. They go back with <see cref="RmState.Trim"/> and Dispose. Turn it off to let
    /// valgrind or a sanitizer see every free. The default is true; other allocators are not affected.
    /// </summary>
    public bool KeepsSpareBlocks { get; init; } = true;

    /// <summary>How much is recorded of each block from the beginning; <see cref="RmState.Level"/> changes it later. The default is counts only.</summary>
    public RmDiagnosticsLevel Level { get; init; } = RmDiagnosticsLevel.Counters;

    /// <summary>How many operations of each block <see cref="RmDiagnosticsLevel.Full"/> keeps; 1 to 64, 8 by default.</summary>
    public int HistoryLength { get; init; } = 8;

    /// <summary>
    /// How many released addresses are remembered with their sites, so that a second release can be explained, once sites are
    /// recorded; 0 to 1,048,576, 1024 by default. 128 bytes each; the blocks' own memory is not kept.
    /// </summary>
    public int QuarantineLength { get; init; } = 1024;

    /// <summary>A name for messages and reports; null (the default) for none.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Called with the report when a state is disposed, reset or finalized while blocks live. On disposal it runs on the
    /// disposing thread before any block is freed; after finalization it runs on the thread pool. Exceptions it throws after
    /// finalization are swallowed.
    /// </summary>
    public Action<RmLeakReport>? OnLeak { get; init; }

    /// <summary>
    /// Called with a violation that is reported rather than thrown, because the call that met it goes on: the allocator
    /// returned an address that is still tracked, or a handle or memory ended after its block. Exceptions it throws surface from that call.
    /// </summary>
    public Action<Violations.MemoryViolationException>? OnViolation { get; init; }

    /// <summary>What is done about a detected misuse; the default is to throw. <see cref="RmViolationPolicy.Report"/> needs <see cref="OnViolation"/>.</summary>
    public RmViolationPolicy ViolationPolicy { get; init; } = RmViolationPolicy.Throw;

    /// <summary>What breaks into the debugger; tests watch it.</summary>
    internal Action Break { get; init; } = Debugger.Break;

    /// <summary>The table's hash seed; 0 (the default) draws a random one. Tests and benchmarks fix it.</summary>
    internal ulong Seed { get; init; }

    /// <summary>Where the table's own memory comes from; tests make it fail.</summary>
    internal ITableMemory? TableMemory { get; init; }

    internal void Validate()
    {
        const int maxInitialCapacity = 1 << 30;
        if (InitialCapacity is < 1 or > maxInitialCapacity)
        {
            throw new ArgumentOutOfRangeException(
                nameof(InitialCapacity), InitialCapacity, $"The initial capacity must be 1 to {maxInitialCapacity} slots; it is a hint, 4096 fits most.");
        }

        const int maxHistory = 64;
        if (HistoryLength is < 1 or > maxHistory)
        {
            throw new ArgumentOutOfRangeException(
                nameof(HistoryLength), HistoryLength, $"The history length must be 1 to {maxHistory} operations a block.");
        }

        const int maxQuarantine = 1 << 20;
        if (QuarantineLength is < 0 or > maxQuarantine)
        {
            throw new ArgumentOutOfRangeException(
                nameof(QuarantineLength), QuarantineLength, $"The quarantine length must be 0 to {maxQuarantine} addresses.");
        }

        if (ViolationPolicy is < RmViolationPolicy.Throw or > RmViolationPolicy.Break)
        {
            throw new ArgumentOutOfRangeException(
                nameof(ViolationPolicy), ViolationPolicy, "The violation policy must be Throw, Report or Break.");
        }

        if (ViolationPolicy == RmViolationPolicy.Report && OnViolation is null)
        {
            throw new ArgumentException("The violation policy Report needs OnViolation: without it every misuse would be silent.", nameof(OnViolation));
        }

        ValidateLevel(Level, nameof(Level));
        if (DisposePolicy is < RmDisposePolicy.Free or > RmDisposePolicy.ThrowIfLive)
        {
            throw new ArgumentOutOfRangeException(
                nameof(DisposePolicy), DisposePolicy, "The dispose policy must be Free, Abandon or ThrowIfLive.");
        }
    }

    internal static void ValidateLevel(RmDiagnosticsLevel level, string name)
    {
        if (level is < RmDiagnosticsLevel.Counters or > RmDiagnosticsLevel.Full)
        {
            throw new ArgumentOutOfRangeException(name, level, "The diagnostics level must be Counters, Sites or Full.");
        }
    }
}
