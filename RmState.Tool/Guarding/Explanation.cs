using Rm.Diagnostics;

namespace Rm.Tool.Guarding;

/// <summary>What a map file of guarded blocks says of an address, in words.</summary>
internal static class Explanation
{
    /// <summary>Explains an address.</summary>
    /// <param name="map">The file.</param>
    /// <param name="address">Any address.</param>
    /// <param name="found">Whether a block or its guards are there.</param>
    /// <returns>Lines.</returns>
    public static IReadOnlyList<string> Of(GuardMap map, ulong address, out bool found)
    {
        GuardMapEntry? entry = map.Find(address);
        found = entry is not null;
        List<string> lines =
        [
            entry is null
                ? $"0x{address:x} lies at no guarded block, live or in quarantine"
                : $"0x{address:x} {Place(entry, address)} {Name(entry)}",
        ];
        if (entry is { IsFreed: true })
        {
            ulong since = map.Header.Sequence - entry.FreedAs;
            lines.Add($"  freed blocks are inaccessible; {Count(since, "guarded block was", "guarded blocks were")} allocated or freed after it");
        }

        if (map.Below(address) is { } below)
        {
            lines.Add($"  nearest below: {Name(below)}, which ends {Bytes(address - (below.Block + below.Size))} before it");
        }

        if (map.Above(address) is { } above)
        {
            lines.Add($"  nearest above: {Name(above)}, which begins {Bytes(above.Block - address)} behind it");
        }

        return lines;
    }

    private static string Place(GuardMapEntry entry, ulong address)
    {
        if (address < entry.Block)
        {
            return $"lies {Bytes(entry.Block - address)} before the start of";
        }

        ulong offset = address - entry.Block;
        return offset < entry.Size ? (offset == 0 ? "is the start of" : $"lies {Bytes(offset)} into")
            : offset == entry.Size ? "lies directly behind the end of"
            : $"lies {Bytes(offset - entry.Size)} past the end of";
    }

    private static string Name(GuardMapEntry entry)
    {
        string state = entry.IsFreed ? "freed" : "live";
        string allocated = entry.AllocationSite is { } site ? $", allocated at {site}" : "";
        string freed = entry is { IsFreed: true, FreeSite: { } end } ? $", freed at {end}" : "";
        return $"the block 0x{entry.Block:x} ({Bytes(entry.Size)}, {state}{allocated}{freed})";
    }

    private static string Bytes(ulong count) => Count(count, "byte", "bytes");

    private static string Count(ulong count, string one, string many) => count == 1 ? $"1 {one}" : $"{count} {many}";
}
