namespace Rm.Diagnostics;

/// <summary>The fixed parts of a recording's bytes (docs/trace-format.md); what writes and what reads them go by these.</summary>
internal static class RecordingFormat
{
    /// <summary>"RMT2", a version as u32, the number of events as u64; little-endian.</summary>
    internal const int HeaderBytes = 16;

    internal const int CountOffset = 8;

    internal const uint Version = 2;

    /// <summary>The number of events of a recording that nobody finished: it ends with its last whole event.</summary>
    internal const ulong OpenEnded = ulong.MaxValue;

    internal const byte OpMask = 0x0F;

    /// <summary>The number of a site follows; without it the event has the last event's site.</summary>
    internal const byte HasSite = 0x10;

    /// <summary>What it says depends on the operation.</summary>
    internal const byte Detail = 0x20;

    /// <summary>Addresses are given in bytes; without it in units of <see cref="AddressUnit"/>.</summary>
    internal const byte InBytes = 0x40;

    internal const int AddressUnitLog2 = 4;

    internal const int AddressUnit = 1 << AddressUnitLog2;

    /// <summary>Longer names are cut.</summary>
    internal const int LongestText = 4096;

    /// <summary>The site of events without a known caller; the first definition is number 1.</summary>
    internal const int UnknownSite = 0;

    internal static ReadOnlySpan<byte> Magic => "RMT2"u8;
}
