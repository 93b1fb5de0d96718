namespace Rm.Memory;

/// <summary>Pages straight from the operating system: zeroed, readable and writable, never executable.</summary>
internal static partial class VirtualMemory
{
    /// <summary>The size of a page.</summary>
    internal static nuint PageSize => (nuint)Environment.SystemPageSize;

    /// <summary>Maps zeroed pages; they cost no physical memory until touched.</summary>
    /// <param name="bytes">At least 1; rounded up to whole pages by the system.</param>
    /// <returns>0 when the system refuses.</returns>
    internal static nint Map(nuint bytes) => OperatingSystem.IsWindows() ? MapWindows(bytes) : MapUnix(bytes);

    /// <summary>Unmaps the last pages of an area, or all of it.</summary>
    /// <param name="start">What <see cref="Map"/> returned.</param>
    /// <param name="offset">Where the part begins, a multiple of the page size; 0 ends the whole area.</param>
    /// <param name="bytes">The length of the part, up to the end of what is still mapped.</param>
    internal static void Unmap(nint start, nuint offset, nuint bytes)
    {
        if (OperatingSystem.IsWindows())
        {
            UnmapWindows(start, offset, bytes);
        }
        else
        {
            UnmapUnix(start, offset, bytes);
        }
    }

    /// <inheritdoc cref="IVirtualMemory.Reserve"/>
    internal static nint Reserve(nuint bytes, nuint alignment)
    {
        nuint page = PageSize;
        nuint rounded = (bytes + page - 1) & ~(page - 1);
        alignment = nuint.Max(alignment, page);
        return rounded < bytes || rounded + alignment < rounded ? 0
            : OperatingSystem.IsWindows() ? ReserveWindows(rounded, alignment) : ReserveUnix(rounded, alignment);
    }

    /// <inheritdoc cref="IVirtualMemory.Commit"/>
    internal static bool Commit(nint start, nuint bytes) =>
        OperatingSystem.IsWindows() ? CommitWindows(start, bytes) : CommitUnix(start, bytes);

    /// <inheritdoc cref="IVirtualMemory.Decommit"/>
    internal static bool Decommit(nint start, nuint bytes) =>
        OperatingSystem.IsWindows() ? DecommitWindows(start, bytes) : DecommitUnix(start, bytes);

    /// <inheritdoc cref="IVirtualMemory.Close"/>
    internal static bool Close(nint start, nuint bytes) =>
        OperatingSystem.IsWindows() ? DecommitWindows(start, bytes) : CloseUnix(start, bytes);

    /// <inheritdoc cref="IVirtualMemory.Release"/>
    internal static bool Release(nint start, nuint bytes) =>
        OperatingSystem.IsWindows() ? ReleaseWindows(start) : ReleaseUnix(start, bytes);

    /// <inheritdoc cref="IVirtualMemory.Move"/>
    internal static bool Move(nint from, nuint fromBytes, nuint bytes, nint to, nuint toBytes) =>
        OperatingSystem.IsLinux() && MoveLinux(from, fromBytes, bytes, to, toBytes);

    /// <inheritdoc cref="IVirtualMemory.TryMeasureResident"/>
    internal static bool TryMeasureResident(nint start, nuint bytes, out nuint resident)
    {
        resident = 0;
        return !OperatingSystem.IsWindows() && TryMeasureResidentUnix(start, bytes, out resident);
    }
}
