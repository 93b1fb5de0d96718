using System.Runtime.InteropServices;

namespace Rm.Arenas;

/// <summary>A free element at hand, with the place of its mark, so that handing it out needs no lookup.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MagazineEntry
{
    public nint Block;
    public byte* Mark;
}
