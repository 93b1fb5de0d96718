namespace Rm.Arenas;

/// <summary>
/// What a slab's byte for an element says.
/// <code>
///   00           free; a magazine may take it
///   01 .. 7F     the references that a state counts
///   81 .. EF     the same in the low seven bits, of a block that was asked for with an alignment of its own
///   F1           behind the last element
///   FB           in use; the state that counts the heap's blocks has its count in its table
///   FC           free, in a magazine, never handed out before: its bytes are zero
///   FE           free, in a magazine
///   FF           in use, counted by nobody
/// </code>
/// </summary>
internal static class Mark
{
    internal const byte Free = 0;
    internal const byte CountMask = 0x7F;
    internal const byte Aligned = 0x80;
    internal const byte FirstSpecial = 0xF0;
    internal const byte End = 0xF1;
    internal const byte Elsewhere = 0xFB;
    internal const byte CachedClean = 0xFC;
    internal const byte Cached = 0xFE;
    internal const byte Live = 0xFF;

    internal static bool IsFree(byte mark) => mark is Free or Cached or CachedClean;

    internal static bool IsCounted(byte mark) => mark < FirstSpecial && (mark & CountMask) != 0;

    internal static bool IsValid(byte mark) => mark is Free or Elsewhere or CachedClean or Cached or Live || IsCounted(mark);

    internal static int Count(byte mark) => mark & CountMask;

    /// <summary>Whether one more reference fits.</summary>
    internal static bool CanRetain(byte mark) => IsCounted(mark) && IsCounted((byte)(mark + 1));
}
