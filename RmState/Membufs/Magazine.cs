using System.Runtime.InteropServices;

namespace Rm.Membufs;

/// <summary>
/// The free records of one size class at hand, last freed first. Up to <see cref="Limit"/> they are kept as they come; those above, up to
/// <see cref="End"/>, take from what a home may have at hand in all: blocks of this size that others free come back many at a time.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct Magazine
{
    internal const int Bytes = 64;

    private const int MostAtOnce = 32;

    /// <summary>Behind the record handed out next.</summary>
    public MembufRecord** Top;
    public MembufRecord** Bottom;
    public MembufRecord** Limit;
    public MembufRecord** End;

    /// <summary>The bytes of a block.</summary>
    public nuint Stride;

    internal readonly int Count => (int)(Top - Bottom);

    /// <summary>How many are taken from the pool at once.</summary>
    internal readonly int Batch => Math.Clamp((int)(Limit - Bottom) / 2, 1, MostAtOnce);
}
