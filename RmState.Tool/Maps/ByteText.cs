using System.Globalization;

namespace Rm.Tool.Maps;

/// <summary>Sizes as a reader wants them.</summary>
internal static class ByteText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>In the largest unit that leaves a number of 1 or more; a decimal place where it is not whole.</summary>
    public static string Of(double bytes)
    {
        int unit = 0;
        for (; Math.Abs(bytes) >= 1024 && unit < Units.Length - 1; unit++)
        {
            bytes /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes:#,0.#} {Units[unit]}");
    }

    /// <summary>A part of a whole, in percent.</summary>
    public static string Share(double part, double whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{(whole > 0 ? 100 * part / whole : 0):0.0} %");

    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
