using Rm.Diagnostics;
using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Cases;
using Rm.Tool.Ratios.Levels;
using Rm.Tool.Ratios.References;

namespace Rm.Tool.Ratios;

// The rows of diagnostics: what they cost while they are off, and at each level.
internal static partial class Suite
{
    private const string Pair = "RmRetain+RmRelease";
    private const string LevelCounters = "level Counters";
    private const string LevelSites = "level Sites";
    private const string LevelFull = "level Full";

    private static IEnumerable<BenchCase> Diagnostics =>
    [
        References<StateReferences<AtSites>, StateReferences<AtCounters>>(new Row($"{Pair}, {LevelSites}", LevelCounters, 2)),
        References<StateReferences<AtFull>, StateReferences<AtCounters>>(new Row($"{Pair}, {LevelFull}", LevelCounters, 4)),
        new TwinCase(
            new Row($"RmMalloc+RmRelease 64 B, {LevelSites}", LevelCounters, 1.5),
            static _ => new RotationTwins<CountedBlocks<AtSites>, CountedBlocks<AtCounters>>(K)),
        References<HoldReferences, StateReferences<AtCounters>>(new Row("RmRetainAs+Dispose", Pair, 3)),
        new WhoHoldsCase(new Row(
            $"RmWhoHolds, µs (block with {WhoHoldsCase.Holds} holds, {WhoHoldsCase.RetainSites} retain sites, "
            + $"{WhoHoldsCase.ReleaseSites} release sites; {Size(100 * K)} live)",
            Row.Absolute,
            10)),
        new SnapshotCase(new Row($"snapshot of {Size(M)} live blocks, ms", Row.Absolute, 300), static state => state.Snapshot()),
    ];

    private static TwinCase TheHook() => References<StateReferences<AtCounters>, HooklessReferences>(
        new Row($"{Pair}, {LevelCounters} (random of {Size(K)} live)", "the same built without any hook", 1.05));

    private static TwinCase References<TOurs, TPeer>(Row row)
        where TOurs : struct, IReferences<TOurs>
        where TPeer : struct, IReferences<TPeer> =>
        new(row, static context => new ReferenceTwins<TOurs, TPeer>(context.Settings.Sized(K)));
}
