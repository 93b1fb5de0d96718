using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Levels;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Ratios.References;

namespace Rm.Tool.Ratios.Cases;

/// <summary>Retaining and releasing blocks in random order, against a peer that counts in the same order.</summary>
internal sealed class CountingContest : Contest
{
    private readonly BlockPool _pool;
    private readonly Draws _draws;

    private CountingContest(BlockPool pool, Draws draws, IContender peer)
    {
        _pool = pool;
        _draws = draws;
        Peer = peer;
    }

    internal override IContender Peer { get; }

    internal static CountingContest WithYardstick(BenchContext context, int blocks) => Prepare(
        context,
        blocks,
        static draws => new Yardstick(draws.Blocks.Length, draws.Indexes));

    internal static CountingContest WithDictionary(BenchContext context, int blocks) => Prepare(
        context,
        blocks,
        static draws => new DictionaryCounts(draws.Blocks.ToDictionary(static block => block, static _ => (nint)1), draws.Pointers));

    internal static CountingContest WithSafeHandles(BenchContext context, int blocks) => Prepare(
        context,
        blocks,
        static draws => new HandleReferences(draws.Blocks.Length, BlockPool.BlockSize, draws.Indexes));

    internal override IContender Ours(ulong seed) =>
        new RetainRelease<StateReferences<AtCounters>>(StateReferences<AtCounters>.To(seed, _draws.Blocks), _draws.Pointers);

    public override void Dispose()
    {
        base.Dispose();
        _pool.Dispose();
    }

    private static CountingContest Prepare(BenchContext context, int blocks, Func<Draws, IContender> peer)
    {
        BlockPool pool = BlockPool.Allocate(context.Settings.Sized(blocks));
        var draws = new Draws(pool.Addresses);
        return new CountingContest(pool, draws, peer(draws));
    }
}
