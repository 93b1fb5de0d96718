namespace Rm.Tool.Ratios.Cases;

/// <summary>Makes the states that are measured: default options but for the seed, the level, and for whose the blocks are.</summary>
internal static class States
{
    /// <summary>A state that forgets its blocks when disposed: they belong to a pool.</summary>
    internal static RmState Empty(ulong seed, RmDiagnosticsLevel level = RmDiagnosticsLevel.Counters) =>
        new(new RmStateOptions { Seed = seed, Level = level, DisposePolicy = RmDisposePolicy.Abandon });

    /// <summary>The same, with blocks attached, their sizes unknown.</summary>
    internal static RmState OfForeign(ulong seed, ReadOnlySpan<nint> blocks)
    {
        RmState state = Empty(seed);
        foreach (nint block in blocks)
        {
            state.RmAttach(block);
        }

        return state;
    }

    /// <summary>The same, with sizes: what a state holds that allocated the blocks itself.</summary>
    internal static RmState OfSized(ulong seed, ReadOnlySpan<nint> blocks, RmDiagnosticsLevel level = RmDiagnosticsLevel.Counters)
    {
        RmState state = Empty(seed, level);
        foreach (nint block in blocks)
        {
            state.RmAttach(block, BlockPool.BlockSize);
        }

        return state;
    }

    /// <summary>A state for blocks that it allocates itself and frees when disposed.</summary>
    internal static RmState Owning(ulong seed, RmDiagnosticsLevel level = RmDiagnosticsLevel.Counters) =>
        new(new RmStateOptions { Seed = seed, Level = level });
}
