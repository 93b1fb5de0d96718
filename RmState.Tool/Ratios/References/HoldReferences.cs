using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Cases;

namespace Rm.Tool.Ratios.References;

/// <summary>RmRetainAs, and the dispose of what it gives.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposable, through the interface it implements.")]
internal readonly struct HoldReferences(RmState state) : IReferences<HoldReferences>
{
    internal RmState State => state;

    public static HoldReferences To(ulong seed, ReadOnlySpan<nint> blocks) => new(States.OfSized(seed, blocks));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RetainAndRelease(nint block) => state.RmRetainAs(block).Dispose();

    public void Dispose() => state.Dispose();
}
