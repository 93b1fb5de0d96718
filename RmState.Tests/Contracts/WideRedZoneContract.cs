using Rm.Diagnostics;

namespace Rm.Tests.Contracts;

/// <summary>An allocator with wide zones and a quarantine that is always full keeps the contract.</summary>
public sealed class WideRedZoneContract : RedZoneContract
{
    private protected override RedZoneAllocatorOptions Options => new() { ZoneBytes = 80, QuarantineBlocks = 3, QuarantineBytes = 50_000 };
}
