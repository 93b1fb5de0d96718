using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Cases;
using Rm.Tool.Ratios.Levels;

namespace Rm.Tool.Ratios.Blocks;

/// <summary>A state over malloc.</summary>
/// <typeparam name="TLevel">How much it records.</typeparam>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposable, through the interface it implements.")]
internal readonly struct CountedBlocks<TLevel>(RmState state) : IBlockSource<CountedBlocks<TLevel>>
    where TLevel : struct, ILevel
{
    internal RmState State => state;

    public static CountedBlocks<TLevel> Create(ulong seed) => new(States.Owning(seed, TLevel.Level));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Allocate(nuint size) => state.RmMalloc(size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(nint block) => state.RmRelease(block);

    public void Dispose() => state.Dispose();
}
