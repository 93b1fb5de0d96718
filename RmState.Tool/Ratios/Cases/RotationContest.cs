using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>Allocating and freeing a block from some source, while others live, against malloc and free.</summary>
/// <param name="others">How many live.</param>
/// <param name="size">Bytes of a block.</param>
internal sealed class RotationContest<TSource>(int others, int size = BlockPool.BlockSize) : Contest
    where TSource : struct, IBlockSource<TSource>
{
    internal override IContender Peer { get; } = new AllocFree((nuint)size, others);

    internal override IContender Ours(ulong seed) => new Rotating<TSource>(seed, (nuint)size, others);
}
