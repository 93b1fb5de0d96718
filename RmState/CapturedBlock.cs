namespace Rm;

/// <summary>A live block as a capture holds it: without references, so that a million of them are one array.</summary>
internal struct CapturedBlock
{
    internal const uint UnknownAge = uint.MaxValue;

    internal nint Address;
    internal long Count;

    /// <summary>Bytes; <see cref="nuint.MaxValue"/> when unknown.</summary>
    internal nuint Size;

    /// <summary>The state's operation number when it came; 0 when not recorded.</summary>
    internal long Born;

    /// <summary>Milliseconds since then.</summary>
    internal uint Age;

    /// <summary>The index of its site; 0 is the unknown one.</summary>
    internal int Site;

    internal readonly long KnownBytes => Size == nuint.MaxValue ? 0 : (long)Size;
}
