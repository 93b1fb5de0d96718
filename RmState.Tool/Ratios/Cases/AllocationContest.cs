using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>Allocating and freeing a block, while the state holds others, against malloc and free.</summary>
internal sealed class AllocationContest(int others) : Contest
{
    internal override IContender Peer { get; } = new AllocFree(BlockPool.BlockSize, others);

    internal override IContender Ours(ulong seed) => new MallocRelease(States.Owning(seed), BlockPool.BlockSize, others);
}
