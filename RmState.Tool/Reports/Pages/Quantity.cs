using System.Globalization;
using Rm.Tool.Maps;
using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Pages;

/// <summary>Figures as a reader wants them.</summary>
internal static class Quantity
{
    private static readonly (double Least, double Unit, string Name)[] Durations =
    [
        (3600, 3600, "h"), (60, 60, "min"), (1, 1, "s"), (1e-3, 1e-3, "ms"), (1e-6, 1e-6, "µs"), (0, 1e-9, "ns"),
    ];

    public static string Bytes(UInt128 bytes) => ByteText.Of((double)bytes);

    public static string Bytes(long bytes) => ByteText.Of(bytes);

    public static string Count(long number) => ByteText.Count(number);

    /// <summary>A number of things: "1 block", "2 blocks".</summary>
    public static string Count(long number, string one) => number == 1 ? $"1 {one}" : $"{Count(number)} {one}s";

    /// <summary>A number in few characters: "621 k".</summary>
    public static string ShortCount(double number) => number switch
    {
        < 10_000 => Count((long)number),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(number / 1000):0} k"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{number / 1e6:0.#} M"),
    };

    public static string Share(double part, double whole) => ByteText.Share(part, whole);

    /// <summary>A stretch of time: "1,234 calls", "3.2 ms".</summary>
    public static string Time(double time, TimeUnit unit) => unit == TimeUnit.Events ? Count((long)time, "call") : Seconds(time);

    /// <summary>A stretch of time in few characters: "621 k calls".</summary>
    public static string ShortTime(double time, TimeUnit unit) => unit == TimeUnit.Events ? $"{ShortCount(time)} calls" : Seconds(time);

    /// <summary>A moment: "call 1,234", "3.2 s".</summary>
    public static string Moment(double time, TimeUnit unit) => unit == TimeUnit.Events ? $"call {Count((long)time)}" : Seconds(time);

    private static string Seconds(double seconds)
    {
        (_, double unit, string name) = Array.Find(Durations, d => seconds >= d.Least);
        return string.Create(CultureInfo.InvariantCulture, $"{seconds / (unit == 0 ? 1 : unit):#,0.##} {name}");
    }
}
