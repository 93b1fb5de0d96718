using System.Runtime.InteropServices;

namespace Rm.Membufs;

/// <summary>The free records of one size class at hand, last freed first.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct Magazine
{
    internal const int Bytes = 32;

    /// <summary>Behind the record handed out next.</summary>
    public MembufRecord** Top;
    public MembufRecord** Bottom;
    public MembufRecord** Limit;

    /// <summary>The bytes of a block.</summary>
    public nuint Stride;

    internal readonly int Count => (int)(Top - Bottom);

    internal readonly int Capacity => (int)(Limit - Bottom);
}
