namespace Rm.Arenas;

/// <summary>A chunk of address space came to an arena or left it.</summary>
/// <param name="start">Its address.</param>
/// <param name="bytes">Its length.</param>
public sealed class ArenaChangedEventArgs(nint start, nuint bytes) : EventArgs
{
    /// <summary>The chunk's address.</summary>
    public nint Start { get; } = start;

    /// <summary>The chunk's length in bytes.</summary>
    public nuint Bytes { get; } = bytes;
}
