extern alias hookless;

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Cases;
using HooklessOptions = hookless::Rm.RmStateOptions;
using HooklessPolicy = hookless::Rm.RmDisposePolicy;
using HooklessState = hookless::Rm.RmState;

namespace Rm.Tool.Ratios.References;

/// <summary>RmRetain and RmRelease of the library that was built without its hook for diagnostics.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposable, through the interface it implements.")]
internal readonly struct HooklessReferences(HooklessState state) : IReferences<HooklessReferences>
{
    /// <summary>The type whose methods have no hook.</summary>
    internal static Type StateType => typeof(HooklessState);

    public static HooklessReferences To(ulong seed, ReadOnlySpan<nint> blocks)
    {
        var state = new HooklessState(new HooklessOptions { Seed = seed, DisposePolicy = HooklessPolicy.Abandon });
        foreach (nint block in blocks)
        {
            state.RmAttach(block, BlockPool.BlockSize);
        }

        return new HooklessReferences(state);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RetainAndRelease(nint block)
    {
        state.RmRetain(block);
        state.RmRelease(block);
    }

    public void Dispose() => state.Dispose();
}
