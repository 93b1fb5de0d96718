namespace Rm.Membufs;

/// <summary>
/// A heap's memory at some moment: what membufs have, and what is free. Made by <see cref="MembufHeap.GetMap"/>. Mirrors
/// <c>heap_get_free</c> and <c>heap_dump_stats</c>.
/// </summary>
/// <param name="UsedBytes">
/// Bytes of the places of membufs that live, or whose memory is not at hand again yet: their sizes rounded up as the heap does, those of
/// blocks above 32 KiB to granules of 64 KiB.
/// </param>
/// <param name="FreeRegions">
/// The free memory that the heap has or its arena can give it without asking the system, in the order of addresses; neighbours are one.
/// </param>
public sealed record MembufMap(nuint UsedBytes, IReadOnlyList<MembufRegion> FreeRegions)
{
    /// <summary>Bytes of all free regions together. Mirrors <c>heap_get_free</c>.</summary>
    public nuint FreeBytes
    {
        get
        {
            nuint sum = 0;
            foreach (MembufRegion region in FreeRegions)
            {
                sum += region.Bytes;
            }

            return sum;
        }
    }

    /// <summary>Used and free bytes, and how many regions the free ones are in.</summary>
    /// <returns>One line.</returns>
    public override string ToString() =>
        FormattableString.Invariant($"{UsedBytes} bytes used, {FreeBytes} free in {FreeRegions.Count} regions");
}
