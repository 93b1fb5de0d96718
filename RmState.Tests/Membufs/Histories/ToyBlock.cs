using System.Runtime.InteropServices;

namespace Rm.Tests.Membufs.Histories;

/// <summary>What <see cref="ToyCount{TMemory}"/> counts.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ToyBlock
{
    internal long Owned;
    internal long Shared;
}
