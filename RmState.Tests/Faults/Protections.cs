using System.Globalization;

namespace Rm.Tests.Faults;

/// <summary>What the kernel lets this process do with its addresses.</summary>
internal static class Protections
{
    /// <summary>The protections of every mapping that a stretch overlaps, such as "rw-p ---p".</summary>
    public static string Of(nint start, nuint bytes) => string.Join(
        ' ',
        from line in File.ReadLines("/proc/self/maps")
        let range = line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-')
        let first = nuint.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        let end = nuint.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        where first < (nuint)start + bytes && end > (nuint)start
        select line.Substring(line.IndexOf(' ', StringComparison.Ordinal) + 1, 4));
}
