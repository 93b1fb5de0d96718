namespace Rm.Arenas;

/// <summary>What a slab's byte for an element says.</summary>
internal static class Mark
{
    /// <summary>Free; a magazine may take it.</summary>
    internal const byte Free = 0;

    /// <summary>The most references a mark counts; 1 to this are the references that a state counts.</summary>
    internal const byte MaxCount = 249;

    /// <summary>Free, in a magazine, and never handed out before: its bytes are zero.</summary>
    internal const byte CachedClean = 252;

    /// <summary>Handed out; the state that counts the pool's blocks has its count elsewhere, in its table.</summary>
    internal const byte Elsewhere = 253;

    /// <summary>Free, and in a magazine.</summary>
    internal const byte Cached = 254;

    /// <summary>Handed out, and counted by nobody.</summary>
    internal const byte Live = 255;

    internal static bool IsFree(byte mark) => mark is Free or Cached or CachedClean;

    internal static bool IsCounted(byte mark) => (uint)mark - 1 < MaxCount;
}
