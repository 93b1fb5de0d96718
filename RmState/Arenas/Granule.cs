namespace Rm.Arenas;

/// <summary>
/// The unit in which an arena gives address space to pools: 64 KiB, aligned to its size. Memory is committed and given back by
/// the system's smaller pages.
/// </summary>
internal static class Granule
{
    internal const int Shift = 16;
    internal const int Bytes = 1 << Shift;

    /// <summary>How many granules hold as many bytes.</summary>
    internal static nuint CountFor(nuint bytes) => (bytes + (Bytes - 1)) >> Shift;
}
