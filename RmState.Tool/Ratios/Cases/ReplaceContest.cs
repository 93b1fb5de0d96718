using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>Freeing random live blocks and allocating others in their place, against malloc in the same order and sizes.</summary>
internal sealed class ReplaceContest<TSource> : Contest
    where TSource : struct, IBlockSource<TSource>
{
    private const int RandomSeed = 20;

    private readonly int _live;
    private readonly Replacement[] _replacements;

    /// <summary>Draws the order and the sizes, and fills the peer.</summary>
    /// <param name="live">Blocks that live at any time.</param>
    /// <param name="smallest">The least size of a block.</param>
    /// <param name="largest">The largest one, included.</param>
    internal ReplaceContest(int live, int smallest, int largest)
    {
        _live = live;
        _replacements = Draw(live, smallest, largest);
        Peer = new Replacing<MallocBlocks>(seed: 0, live, _replacements);
    }

    internal override IContender Peer { get; }

    internal override IContender Ours(ulong seed) => new Replacing<TSource>(seed, _live, _replacements);

    /// <summary>Independent draws of a block and a size.</summary>
    internal static Replacement[] Draw(int live, int smallest, int largest)
    {
        var random = new Random(RandomSeed);
        var replacements = new Replacement[Draws.CountFor(live)];
        foreach (ref Replacement replacement in replacements.AsSpan())
        {
            replacement = new Replacement(random.Next(live), random.Next(smallest, largest + 1));
        }

        return replacements;
    }
}
