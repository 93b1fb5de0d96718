using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Pages;

/// <summary>The rows of a table of lifetimes in words.</summary>
internal static class LifetimeText
{
    /// <summary>By row: the lifetimes in it.</summary>
    public static string[] Names(LifetimeTable table) =>
        [.. table.Rows.Select((row, i) => table.Unit == TimeUnit.Events ? Calls(row.Below) : $"below {Quantity.Time(row.Below, table.Unit)}")];

    // Rows of calls double: the one below 16 holds 8 to 15.
    private static string Calls(double below) => below <= 2
        ? "1"
        : $"{Quantity.ShortCount(below / 2)}–{Quantity.ShortCount(below - 1)}";
}
