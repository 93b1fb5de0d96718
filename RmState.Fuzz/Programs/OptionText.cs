using System.Globalization;

namespace Rm.Fuzz.Programs;

/// <summary>One option of a program as text, and back.</summary>
internal sealed record OptionText(string Name, Func<ProgramOptions, string> Format, Func<ProgramOptions, string, ProgramOptions> Parse)
{
    public static IReadOnlyList<OptionText> All { get; } =
    [
        new("campaign", o => o.Campaign, (o, v) => o with { Campaign = v }),
        Hex("seed", o => o.Seed, (o, v) => o with { Seed = v }),
        Number("capacity", o => o.Capacity, (o, v) => o with { Capacity = (int)v }),
        Hex("table-seed", o => o.TableSeed, (o, v) => o with { TableSeed = v }),
        Word("policy", o => o.Policy, (o, v) => o with { Policy = v }),
        Word("allocator", o => o.Allocator, (o, v) => o with { Allocator = v }),
        Flag("checked-table", o => o.CheckedTable, (o, v) => o with { CheckedTable = v }),
        Flag("keeps-spares", o => o.KeepsSpares, (o, v) => o with { KeepsSpares = v }),
        Number("region", o => o.Region, (o, v) => o with { Region = (int)v }),
        Word("level", o => o.Level, (o, v) => o with { Level = v }),
        Number("history", o => o.History, (o, v) => o with { History = (int)v }),
        Number("quarantine", o => o.Quarantine, (o, v) => o with { Quarantine = (int)v }),
        Number("heaps", o => o.Heaps, (o, v) => o with { Heaps = (int)v }),
        Number("block-heaps", o => o.BlockHeaps, (o, v) => o with { BlockHeaps = (int)v }),
        Number("element-size", o => o.ElementSize, (o, v) => o with { ElementSize = v }),
        Number("elements-per-block", o => o.ElementsPerBlock, (o, v) => o with { ElementsPerBlock = (int)v }),
        Number("element-alignment", o => o.ElementAlignment, (o, v) => o with { ElementAlignment = (int)v }),
        Number("keep-empty-blocks", o => o.KeepEmptyBlocks, (o, v) => o with { KeepEmptyBlocks = (int)v }),
        Flag("zeroes-elements", o => o.ZeroesElements, (o, v) => o with { ZeroesElements = v }),
        Flag("pass-through", o => o.PassThrough, (o, v) => o with { PassThrough = v }),
        Number("chunk-size", o => o.ChunkSize, (o, v) => o with { ChunkSize = v }),
        Number("limit", o => o.Limit, (o, v) => o with { Limit = v }),
        Number("spare", o => o.Spare, (o, v) => o with { Spare = (int)v }),
        Number("trim-every", o => o.TrimEvery, (o, v) => o with { TrimEvery = (int)v }),
        Number("page-size", o => o.PageSize, (o, v) => o with { PageSize = (int)v }),
        Flag("closes-pages", o => o.ClosesPages, (o, v) => o with { ClosesPages = v }),
        Number("fault-percent", o => o.FaultPercent, (o, v) => o with { FaultPercent = (int)v }),
        Number("lent", o => o.Lent, (o, v) => o with { Lent = v }),
        Number("membufs", o => o.Membufs, (o, v) => o with { Membufs = (int)v }),
        Number("rounds", o => o.Rounds, (o, v) => o with { Rounds = (int)v }),
        Flag("counts-references", o => o.CountsReferences, (o, v) => o with { CountsReferences = v }),
        Word("sabotage", o => o.Sabotage, (o, v) => o with { Sabotage = v }),
    ];

    private static OptionText Number(string name, Func<ProgramOptions, long> get, Func<ProgramOptions, long, ProgramOptions> set) =>
        new(name, o => get(o).ToString(CultureInfo.InvariantCulture), (o, v) => set(o, (long)Value(v)));

    private static OptionText Hex(string name, Func<ProgramOptions, ulong> get, Func<ProgramOptions, ulong, ProgramOptions> set) =>
        new(name, o => "0x" + get(o).ToString("x", CultureInfo.InvariantCulture), (o, v) => set(o, Value(v)));

    private static OptionText Flag(string name, Func<ProgramOptions, bool> get, Func<ProgramOptions, bool, ProgramOptions> set) =>
        new(name, o => get(o).ToString(), (o, v) => set(o, bool.Parse(v)));

    private static OptionText Word<T>(string name, Func<ProgramOptions, T> get, Func<ProgramOptions, T, ProgramOptions> set)
        where T : struct, Enum => new(name, o => get(o).ToString(), (o, v) => set(o, Enum.Parse<T>(v)));

    private static ulong Value(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : ulong.Parse(text, CultureInfo.InvariantCulture);
}
