using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Ratios.References;

namespace Rm.Tool.Ratios.Cases;

/// <summary>Two ways to take a reference to a random one of some blocks and to give it back.</summary>
internal sealed class ReferenceTwins<TOurs, TPeer> : Twins
    where TOurs : struct, IReferences<TOurs>
    where TPeer : struct, IReferences<TPeer>
{
    private readonly BlockPool _pool;
    private readonly Draws _draws;

    internal ReferenceTwins(int blocks)
    {
        _pool = BlockPool.Allocate(blocks);
        _draws = new Draws(_pool.Addresses);
    }

    internal override IContender Ours(ulong seed) => new RetainRelease<TOurs>(TOurs.To(seed, _draws.Blocks), _draws.Pointers);

    internal override IContender Peer(ulong seed) => new RetainRelease<TPeer>(TPeer.To(seed, _draws.Blocks), _draws.Pointers);

    public override void Dispose()
    {
        base.Dispose();
        _pool.Dispose();
    }
}
