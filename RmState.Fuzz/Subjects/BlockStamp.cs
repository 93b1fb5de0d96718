namespace Rm.Fuzz.Subjects;

/// <summary>What a block of a racing program begins with: its number, the number once more otherwise written, and a reference it has.</summary>
internal static unsafe class BlockStamp
{
    public const int Bytes = 24;

    private const long Mask = 0x5DEE_CE66_D1CE_4E5B;

    public static void Write(nint block, long number, nint linked)
    {
        ((long*)block)[0] = number;
        ((long*)block)[1] = number ^ Mask;
        ((nint*)block)[2] = linked;
    }

    public static bool TryRead(nint block, out long number)
    {
        number = ((long*)block)[0];
        return number >= 0 && ((long*)block)[1] == (number ^ Mask);
    }

    /// <summary>Makes the contents those of no block.</summary>
    /// <returns>The block of which it had a reference, or 0.</returns>
    public static nint Clear(nint block)
    {
        ((long*)block)[0] = -1;
        return ((nint*)block)[2];
    }
}
