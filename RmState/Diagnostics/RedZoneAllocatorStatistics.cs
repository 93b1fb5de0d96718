using System.Runtime.InteropServices;

namespace Rm.Diagnostics;

/// <summary>What a <see cref="RedZoneAllocator"/> holds.</summary>
/// <param name="LiveBlocks">Blocks that are not freed.</param>
/// <param name="LiveBytes">Their bytes, as asked for.</param>
/// <param name="QuarantinedBlocks">Freed blocks that wait.</param>
/// <param name="QuarantinedBytes">Their bytes.</param>
/// <param name="ZoneBytes">Bytes of the zones round all of these.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RedZoneAllocatorStatistics(
    int LiveBlocks, nuint LiveBytes, int QuarantinedBlocks, nuint QuarantinedBytes, nuint ZoneBytes);
