using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>Two sources to allocate a block from and free it again, while others live.</summary>
internal sealed class RotationTwins<TOurs, TPeer>(int others) : Twins
    where TOurs : struct, IBlockSource<TOurs>
    where TPeer : struct, IBlockSource<TPeer>
{
    internal override IContender Ours(ulong seed) => new Rotating<TOurs>(seed, BlockPool.BlockSize, others);

    internal override IContender Peer(ulong seed) => new Rotating<TPeer>(seed, BlockPool.BlockSize, others);
}
