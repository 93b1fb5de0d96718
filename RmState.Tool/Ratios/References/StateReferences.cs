using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Cases;
using Rm.Tool.Ratios.Levels;

namespace Rm.Tool.Ratios.References;

/// <summary>RmRetain and RmRelease.</summary>
/// <typeparam name="TLevel">How much the state records.</typeparam>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposable, through the interface it implements.")]
internal readonly struct StateReferences<TLevel>(RmState state) : IReferences<StateReferences<TLevel>>
    where TLevel : struct, ILevel
{
    internal RmState State => state;

    public static StateReferences<TLevel> To(ulong seed, ReadOnlySpan<nint> blocks) => new(States.OfSized(seed, blocks, TLevel.Level));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RetainAndRelease(nint block)
    {
        state.RmRetain(block);
        state.RmRelease(block);
    }

    public void Dispose() => state.Dispose();
}
