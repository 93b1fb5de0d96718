using System.Buffers.Binary;

namespace Rm.Fuzz.Subjects;

/// <summary>Known bytes at both ends of a block, so that a block handed out twice or moved wrongly is noticed.</summary>
internal static unsafe class BlockPattern
{
    private const int Edge = 32;

    public static void Fill(nint block, long size, ulong pattern)
    {
        Span<byte> expected = stackalloc byte[Edge];
        Edges(block, size, out Span<byte> head, out Span<byte> tail);
        Draw(expected, pattern);
        expected[..head.Length].CopyTo(head);
        expected[..tail.Length].CopyTo(tail);
    }

    public static bool IsIntact(nint block, long size, ulong pattern)
    {
        Span<byte> expected = stackalloc byte[Edge];
        Edges(block, size, out Span<byte> head, out Span<byte> tail);
        Draw(expected, pattern);
        return head.SequenceEqual(expected[..head.Length]) && tail.SequenceEqual(expected[..tail.Length]);
    }

    /// <summary>Whether a block of a new size still has the contents up to the smaller of both sizes.</summary>
    public static bool IsKept(nint block, long oldSize, long newSize, ulong pattern)
    {
        if (newSize >= oldSize)
        {
            return IsIntact(block, oldSize, pattern);
        }

        Span<byte> expected = stackalloc byte[Edge];
        Draw(expected, pattern);
        int length = (int)Math.Min(newSize, Math.Min(oldSize, Edge));
        return new Span<byte>((void*)block, length).SequenceEqual(expected[..length]);
    }

    public static bool IsZero(nint block, long size)
    {
        int length = (int)Math.Min(size, 512);
        return !new Span<byte>((void*)block, length).ContainsAnyExcept((byte)0)
            && !new Span<byte>((byte*)block + size - length, length).ContainsAnyExcept((byte)0);
    }

    // A block shorter than both edges has one only; the tail is written last and never overlaps the head.
    private static void Edges(nint block, long size, out Span<byte> head, out Span<byte> tail)
    {
        int headLength = (int)Math.Min(size, Edge);
        int tailLength = (int)Math.Min(size - headLength, Edge);
        head = new Span<byte>((void*)block, headLength);
        tail = new Span<byte>((byte*)block + size - tailLength, tailLength);
    }

    private static void Draw(Span<byte> expected, ulong pattern)
    {
        for (int i = 0; i < Edge; i += sizeof(ulong))
        {
            pattern = (pattern * 6364136223846793005) + 1442695040888963407;
            BinaryPrimitives.WriteUInt64LittleEndian(expected[i..], pattern);
        }
    }
}
