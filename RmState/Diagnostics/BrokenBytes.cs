namespace Rm.Diagnostics;

/// <summary>The first and the last byte of a stretch that no longer hold what the stretch was filled with.</summary>
internal readonly unsafe record struct BrokenBytes(nint First, nint Last)
{
    // Spans count in int, and pages of a power of two keep the steps aligned.
    private const int Step = 1 << 30;

    /// <summary>What the first of them holds.</summary>
    internal byte Value => *(byte*)First;

    internal static void Fill(nint start, nuint bytes, byte fill)
    {
        for (nuint at = 0; at < bytes; at += Step)
        {
            Part(start, bytes, at).Fill(fill);
        }
    }

    /// <summary>Looks for bytes that differ from what a stretch was filled with. O(bytes).</summary>
    internal static bool TryFind(nint start, nuint bytes, byte fill, out BrokenBytes broken)
    {
        broken = default;
        for (nuint at = 0; at < bytes; at += Step)
        {
            Span<byte> part = Part(start, bytes, at);
            int first = part.IndexOfAnyExcept(fill);
            if (first >= 0)
            {
                nint from = start + (nint)at;
                broken = new BrokenBytes(broken.First == 0 ? from + first : broken.First, from + part.LastIndexOfAnyExcept(fill));
            }
        }

        return broken.First != 0;
    }

    private static Span<byte> Part(nint start, nuint bytes, nuint at) => new((byte*)start + at, (int)nuint.Min(Step, bytes - at));
}
