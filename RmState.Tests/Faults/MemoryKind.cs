namespace Rm.Tests.Faults;

/// <summary>Which system's virtual memory a <see cref="FaultyVirtualMemory"/> behaves like.</summary>
public enum MemoryKind
{
    /// <summary>The one the tests run on.</summary>
    Native,

    /// <summary>Decommitted pages are closed until they are committed again; nothing moves; residency is unknown.</summary>
    Windows,

    /// <summary>Pages of 16 KiB; nothing moves.</summary>
    MacOS,

    /// <summary>Pages as large as a granule.</summary>
    LargePages,

    /// <summary>No address space at all: only what the C library has.</summary>
    NoReservations,
}
