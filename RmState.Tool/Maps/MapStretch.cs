namespace Rm.Tool.Maps;

/// <summary>A part of a range whose pages are in use to about the same degree.</summary>
/// <param name="Start">Its first address.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Depth">0 (nothing in use) to <see cref="Deepest"/> (all of it).</param>
internal readonly record struct MapStretch(long Start, long Bytes, int Depth)
{
    /// <summary>All in use.</summary>
    public const int Deepest = 4;

    /// <summary>The depth of some pages; any use at all is more than 0.</summary>
    /// <param name="pages">By page: the share in use, 0 to 255.</param>
    public static int DepthOf(ReadOnlySpan<byte> pages)
    {
        int sum = 0;
        foreach (byte share in pages)
        {
            sum += share;
        }

        int most = pages.Length * byte.MaxValue;
        return ((sum * Deepest) + most - 1) / most;
    }
}
