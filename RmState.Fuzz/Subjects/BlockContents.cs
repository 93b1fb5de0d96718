using System.Buffers.Binary;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <summary>
/// Fills whole blocks, every byte. The bytes come from one table whose length is no multiple of anything, so that a block that
/// moved by a word, a page or a granule is noticed.
/// </summary>
internal static unsafe class BlockContents
{
    private const int Period = 65_521;

    private static readonly byte[] Table = Draw();

    public static void Fill(nint block, nuint size, ulong pattern)
    {
        for (nuint done = 0; done < size;)
        {
            ReadOnlySpan<byte> expected = Expected(size, pattern, done);
            expected.CopyTo(new Span<byte>((byte*)block + done, expected.Length));
            done += (nuint)expected.Length;
        }
    }

    public static bool IsIntact(nint block, nuint size, ulong pattern)
    {
        for (nuint done = 0; done < size;)
        {
            ReadOnlySpan<byte> expected = Expected(size, pattern, done);
            if (!expected.SequenceEqual(new ReadOnlySpan<byte>((byte*)block + done, expected.Length)))
            {
                return false;
            }

            done += (nuint)expected.Length;
        }

        return true;
    }

    public static bool IsZero(nint block, nuint size)
    {
        for (nuint done = 0; done < size;)
        {
            int length = (int)nuint.Min(size - done, 1 << 20);
            if (new ReadOnlySpan<byte>((byte*)block + done, length).ContainsAnyExcept((byte)0))
            {
                return false;
            }

            done += (nuint)length;
        }

        return true;
    }

    // The longest stretch of the table that continues a block.
    private static ReadOnlySpan<byte> Expected(nuint size, ulong pattern, nuint done)
    {
        int at = (int)(((pattern * 7919) + done) % Period);
        return Table.AsSpan(at, (int)nuint.Min(size - done, (nuint)(Period - at)));
    }

    private static byte[] Draw()
    {
        byte[] table = new byte[Period + sizeof(ulong)];
        SplitMix random = new(1);
        for (int i = 0; i < Period; i += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(i), random.Next());
        }

        return table;
    }
}
