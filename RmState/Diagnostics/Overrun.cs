using System.Globalization;
using Rm.Violations;

namespace Rm.Diagnostics;

/// <summary>Says of overwritten bytes where they lie beside their block.</summary>
internal static class Overrun
{
    /// <summary>Makes the violation about bytes behind a block.</summary>
    internal static OverrunException PastEnd(string member, nint block, nuint size, BrokenBytes broken, byte fill, string history = "") => Make(
        member, block, size, $"somebody wrote {Bytes(broken.Last - block - (nint)size + 1)} past its end", broken, fill, history);

    /// <summary>Makes the violation about bytes before a block.</summary>
    internal static OverrunException BeforeStart(string member, nint block, nuint size, BrokenBytes broken, byte fill, string history = "") => Make(
        member, block, size, $"somebody wrote {Bytes(block - broken.First)} before its start", broken, fill, history);

    /// <summary>Makes the violation about bytes of a block that is free.</summary>
    internal static OverrunException AfterFree(string member, nint block, nuint size, BrokenBytes broken, byte fill) => Make(
        member, block, size, "it was written after it was freed", broken, fill, "");

    internal static string Bytes(long count) =>
        count == 1 ? "1 byte" : string.Create(CultureInfo.InvariantCulture, $"{count} bytes");

    private static OverrunException Make(string member, nint block, nuint size, string what, BrokenBytes broken, byte fill, string history) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"{member}: block 0x{block:x} ({Bytes((long)size)}{history}): {what}; the first wrong byte is at offset {broken.First - block} and is 0x{broken.Value:x2}, not 0x{fill:x2}."),
        block);
}
