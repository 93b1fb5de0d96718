using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// Detaching a random live block and attaching a random other one, against a dictionary that removes and adds the same. The
/// exchanges are prepared, and form a cycle: the second half undoes the first, so they can be walked round and round.
/// </summary>
internal sealed class TrackingContest : Contest
{
    private const int RandomSeed = 19;

    private readonly BlockPool _pool;
    private readonly int _live;
    private readonly Exchange[] _exchanges;

    internal TrackingContest(BenchContext context, int live)
    {
        _live = context.Settings.Sized(live);
        _pool = BlockPool.Allocate(2 * _live);
        _exchanges = Cycle(_pool.Addresses, _live);
        Peer = new RemoveAdd(Live.ToArray().ToDictionary(static block => block, static _ => (nint)1), _exchanges);
    }

    internal override IContender Peer { get; }

    private ReadOnlySpan<nint> Live => _pool.Addresses.AsSpan(0, _live);

    /// <summary>Prepares exchanges between the first blocks, which live at the start and at the end, and the others.</summary>
    internal static Exchange[] Cycle(ReadOnlySpan<nint> blocks, int live)
    {
        var random = new Random(RandomSeed);
        nint[] now = blocks.ToArray();
        var exchanges = new Exchange[2 * Draws.CountFor(live)];
        for (int forth = 0, back = exchanges.Length - 1; forth < back; forth++, back--)
        {
            ref nint leaves = ref now[random.Next(live)];
            ref nint comes = ref now[random.Next(live, now.Length)];
            exchanges[forth] = new Exchange(leaves, comes);
            exchanges[back] = new Exchange(comes, leaves);
            (leaves, comes) = (comes, leaves);
        }

        return exchanges;
    }

    internal override IContender Ours(ulong seed)
    {
        var ours = new DetachAttach(States.OfForeign(seed, Live), _exchanges);

        // A table fresh from filling has no dead entries; after as many exchanges as it has blocks it is as it will stay.
        ours.Run(_live);
        return ours;
    }

    public override void Dispose()
    {
        base.Dispose();
        _pool.Dispose();
    }
}
