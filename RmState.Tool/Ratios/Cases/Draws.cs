using System.Numerics;

namespace Rm.Tool.Ratios.Cases;

/// <summary>A random order over blocks, as indexes and as the pointers they stand for: independent draws, not a permutation.</summary>
internal sealed class Draws
{
    /// <summary>Fewer would let the branch predictor learn the order.</summary>
    internal const int Fewest = 1 << 18;

    /// <summary>More are not needed: a seed's rounds do not get through them.</summary>
    private const int Most = 1 << 22;

    private const int RandomSeed = 18;

    internal Draws(nint[] blocks)
    {
        Blocks = blocks;
        Indexes = IndexesOf(blocks.Length);
        Pointers = Array.ConvertAll(Indexes, index => blocks[index]);
    }

    /// <summary>The blocks drawn from.</summary>
    internal nint[] Blocks { get; }

    /// <summary>The order as indexes into the blocks.</summary>
    internal int[] Indexes { get; }

    /// <summary>The order as pointers.</summary>
    internal nint[] Pointers { get; }

    /// <summary>How long an order over some blocks is: for large tables long enough to touch most of the table.</summary>
    internal static int CountFor(int blocks) => Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)blocks), Fewest, Most);

    /// <summary>A random order over so many blocks.</summary>
    internal static int[] IndexesOf(int blocks)
    {
        var random = new Random(RandomSeed);
        int[] indexes = new int[CountFor(blocks)];
        foreach (ref int index in indexes.AsSpan())
        {
            index = random.Next(blocks);
        }

        return indexes;
    }
}
