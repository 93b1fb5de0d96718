namespace Rm.Memory;

/// <summary>Pages straight from the operating system: zeroed, readable and writable, never executable.</summary>
internal static partial class VirtualMemory
{
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
}
