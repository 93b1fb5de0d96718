namespace Rm.Tests.Contracts;

/// <summary>
/// Known bytes in a block: small blocks whole, large ones at both ends and across every page boundary. What a byte is depends on
/// its place, so that contents moved by an offset are noticed.
/// </summary>
internal static unsafe class BlockBytes
{
    private const int Whole = 8192;
    private const int Edge = 256;
    private const int Page = 4096;
    private const int Sample = 16;

    private static readonly byte[] Noise = MakeNoise();

    public static void Fill(HeldBlock block) =>
        Walk(block.Address, block.Extent, block.Extent, block.Seed, static (actual, expected) =>
        {
            expected.CopyTo(actual);
            return -1;
        });

    /// <summary>Looks for a byte that differs from what <see cref="Fill"/> wrote.</summary>
    /// <param name="address">Where the contents are now.</param>
    /// <param name="block">The block they were written to.</param>
    /// <param name="length">How many of its bytes shall still be there.</param>
    /// <returns>Its offset; -1 when all are as written.</returns>
    public static long FindDifference(nint address, HeldBlock block, nuint length) =>
        Walk(address, block.Extent, length, block.Seed, static (actual, expected) =>
            actual.SequenceEqual(expected) ? -1 : actual.CommonPrefixLength(expected));

    public static long FindNonZero(nint address, nuint length)
    {
        const int step = 1 << 30;
        for (nuint at = 0; at < length; at += step)
        {
            int found = new ReadOnlySpan<byte>((byte*)address + at, (int)nuint.Min(step, length - at)).IndexOfAnyExcept((byte)0);
            if (found >= 0)
            {
                return (long)at + found;
            }
        }

        return -1;
    }

    private delegate int Visit(Span<byte> actual, ReadOnlySpan<byte> expected);

    private static long Walk(nint address, nuint extent, nuint length, int seed, Visit visit)
    {
        if (extent <= Whole)
        {
            return At(address, 0, extent, length, seed, visit);
        }

        long found = At(address, 0, Edge, length, seed, visit);
        for (nuint boundary = Page; boundary < extent - Edge && found < 0; boundary += Page)
        {
            found = At(address, boundary - (Sample / 2), Sample, length, seed, visit);
        }

        return found < 0 ? At(address, extent - Edge, Edge, length, seed, visit) : found;
    }

    private static long At(nint address, nuint offset, nuint count, nuint length, int seed, Visit visit)
    {
        if (offset >= length)
        {
            return -1;
        }

        int taken = (int)nuint.Min(count, length - offset);
        int place = (int)(((nuint)(uint)seed + offset) % (nuint)(Noise.Length - Whole));
        int found = visit(new Span<byte>((byte*)address + offset, taken), Noise.AsSpan(place, taken));
        return found < 0 ? -1 : (long)offset + found;
    }

    private static byte[] MakeNoise()
    {
        // No byte is 0, and the length is no multiple of a page: equal offsets in two pages look different.
        var noise = new byte[65521 + Whole];
        var random = new Random(1);
        for (int i = 0; i < noise.Length; i++)
        {
            noise[i] = (byte)random.Next(1, 256);
        }

        return noise;
    }
}
