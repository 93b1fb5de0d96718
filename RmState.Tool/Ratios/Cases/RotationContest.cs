using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>Allocating and freeing a block from some source, while others live, against malloc and free.</summary>
internal sealed class RotationContest<TSource>(int others) : Contest
    where TSource : struct, IBlockSource<TSource>
{
    internal override IContender Peer { get; } = new AllocFree(BlockPool.BlockSize, others);

    internal override IContender Ours(ulong seed) => new Rotating<TSource>(seed, BlockPool.BlockSize, others);
}
