using System.Numerics;

namespace Rm.Tool.Maps;

/// <summary>Size classes of one doubling, drawn in one colour; 112 colours could not be told apart.</summary>
internal readonly record struct SizeGroup
{
    private const int SmallestLog2 = 4;
    private const int LargestLog2 = 20;
    private const int Groups = LargestLog2 - SmallestLog2 + 2;

    // Violet for the smallest to red for the largest; closer where the eye tells more colours apart.
    private static readonly double[] Hues = [295, 270, 245, 225, 210, 195, 180, 165, 148, 125, 95, 72, 56, 45, 34, 20, 5, 340];

    private SizeGroup(int index)
    {
        Index = index;
    }

    /// <summary>Every group, from the smallest sizes.</summary>
    public static IEnumerable<SizeGroup> All => Enumerable.Range(0, Groups).Select(static index => new SizeGroup(index));

    /// <summary>Smaller blocks have smaller ones.</summary>
    public int Index { get; }

    /// <summary>The colour of memory that is spare.</summary>
    public static Colour Spare => new(168, 168, 168);

    /// <summary>Neighbours differ in lightness too.</summary>
    public Colour Colour => Colour.FromHue(Hues[Index], 0.85, Index % 2 == 0 ? 0.33 : 0.5);

    public string Name => Index switch
    {
        0 => "up to 16 B",
        Groups - 1 => "above 1 MiB",
        _ => $"up to {ByteText.Of(1L << (Index + SmallestLog2))}",
    };

    /// <summary>The group of blocks of a size, at least 1.</summary>
    public static SizeGroup Of(long size) =>
        new(Math.Clamp(size <= 1 ? 0 : BitOperations.Log2((ulong)size - 1) + 1 - SmallestLog2, 0, Groups - 1));
}
