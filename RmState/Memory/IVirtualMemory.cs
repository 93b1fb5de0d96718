namespace Rm.Memory;

/// <summary>
/// The operating system's virtual memory as arenas use it. Every call can fail, and tests make each fail in turn; none throws.
/// </summary>
/// <remarks>Thread-safe. Addresses and lengths are in bytes; all but those of <see cref="Reserve"/> are multiples of the page size.</remarks>
internal interface IVirtualMemory
{
    /// <summary>The size of a page, a power of two.</summary>
    nuint PageSize { get; }

    /// <summary>
    /// Whether a decommitted page must be committed again before it is touched. Elsewhere it stays accessible and reads as zero.
    /// </summary>
    bool DecommitClosesPages { get; }

    /// <summary>Reserves address space that cannot be touched yet.</summary>
    /// <param name="bytes">At least 1; rounded up to whole pages.</param>
    /// <param name="alignment">A power of two; at least the page size is kept.</param>
    /// <returns>0 when the system refuses.</returns>
    nint Reserve(nuint bytes, nuint alignment);

    /// <summary>Makes reserved pages readable and writable, never executable; those that were not so before read as zero.</summary>
    /// <returns>False, and nothing changed that matters, when the system refuses.</returns>
    bool Commit(nint start, nuint bytes);

    /// <summary>Gives the memory behind pages back; the addresses stay reserved and the contents are lost.</summary>
    /// <returns>False when the system refuses; then the pages are as they were.</returns>
    bool Decommit(nint start, nuint bytes);

    /// <summary>
    /// Makes pages inaccessible, so that touching one is a fault; the memory behind them goes back, the addresses stay reserved.
    /// </summary>
    /// <returns>False when the system refuses; then the pages are as they were.</returns>
    bool Close(nint start, nuint bytes);

    /// <summary>Ends a whole reservation.</summary>
    /// <param name="start">What <see cref="Reserve"/> returned.</param>
    /// <param name="bytes">What it was asked for.</param>
    /// <returns>False when the system refuses; then the reservation stays.</returns>
    bool Release(nint start, nuint bytes);

    /// <summary>
    /// Moves committed pages, contents and all, to the start of another reservation without copying, and ends the reservation they
    /// stood in.
    /// </summary>
    /// <param name="from">What <see cref="Reserve"/> returned.</param>
    /// <param name="fromBytes">What it was asked for.</param>
    /// <param name="bytes">The committed bytes at its start, at most <paramref name="toBytes"/>.</param>
    /// <param name="to">A reservation of which nothing is committed yet.</param>
    /// <param name="toBytes">The bytes to have committed there afterwards; those behind the moved ones read as zero.</param>
    /// <returns>False where the system cannot; then both are as they were.</returns>
    bool Move(nint from, nuint fromBytes, nuint bytes, nint to, nuint toBytes);

    /// <summary>How many bytes of committed or reserved pages are in physical memory.</summary>
    /// <returns>False when the system cannot tell.</returns>
    bool TryMeasureResident(nint start, nuint bytes, out nuint resident);

    /// <summary>The fallback where address space is refused: aligned memory from the C library, readable and writable.</summary>
    /// <returns>0 when there is none.</returns>
    nint AllocateAligned(nuint bytes, nuint alignment);

    /// <summary>Frees what <see cref="AllocateAligned"/> returned.</summary>
    void FreeAligned(nint start, nuint alignment);
}
