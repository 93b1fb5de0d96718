using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Cases;

namespace Rm.Tool.Ratios;

// The rows of arenas and their pools.
internal static partial class Suite
{
    private const string NativeMemory = "NativeMemory.Alloc+Free";
    private const string TrimmedMalloc = "malloc and malloc_trim, bytes";
    private const string OverArena = "RmMalloc+RmRelease 64 B over the arena";
    private const string Sizes = "16 to 512 B";
    private const int SmallestSize = 16;
    private const int LargestSize = 512;

    private static IEnumerable<BenchCase> Arenas =>
    [
        ArenaAllocation(1, $"{OverArena}, 1 other live"),
        ArenaAllocation(K, $"{OverArena}, 1 k others live"),
        CountedReplacement(K, 1.25),
        CountedReplacement(4 * K, 1.25),
        CountedReplacement(100 * K, 1.2),
        CountedReplacement(M, 1.1),
        HeapReplacement(K),
        HeapReplacement(4 * K),
        HeapReplacement(100 * K),
        HeapReplacement(M),
        ElementAllocation(),
        ElementReplacement(K),
        ElementReplacement(100 * K),
        ElementReplacement(M),
        new OverheadCase<ElementBlocks>(
            new Row("bytes of overhead per 64 B element in a full block heap", Row.Absolute, 2),
            static source => source.MeasureResident()),
        Residue<ElementBlocks>("block heap"),
        Residue<HeapBlocks>("size-class heap"),
        new AllFreedCase(new Row("resident over start after 1 M x 64 B all freed and Trim, MiB", Row.Absolute, 1)),
        new SpikeCase(new Row("resident over start after a 200 MB spike on 15 MB and Trim, MiB", Row.Absolute, 2)),
        Slowest<HeapBlocks>("size-class heap", SmallestSize, LargestSize),
        Slowest<ElementBlocks>("block heap", ElementBlocks.Size, ElementBlocks.Size),
    ];

    private static PairedCase ArenaAllocation(int others, string name) =>
        new(new Row(name, NativeMemory, 0.6), _ => new RotationContest<StateBlocks>(others), SeedUse.Marks);

    private static PairedCase CountedReplacement(int live, double target) => new(
        new Row($"replace random, {Sizes}, counted over the arena, {Size(live)} live", $"{NativeMemory}, uncounted", target),
        context => new ReplaceContest<StateBlocks>(context.Settings.Sized(live), SmallestSize, LargestSize),
        SeedUse.Marks);

    private static PairedCase HeapReplacement(int live) => new(
        new Row($"replace random, {Sizes}, size-class heap alone, {Size(live)} live", NativeMemory, 0.6),
        context => new ReplaceContest<HeapBlocks>(context.Settings.Sized(live), SmallestSize, LargestSize),
        SeedUse.None);

    private static PairedCase ElementAllocation() => new(
        new Row("BlockHeap Alloc+Free 64 B", NativeMemory, 0.4),
        static _ => new RotationContest<ElementBlocks>(K),
        SeedUse.None);

    private static PairedCase ElementReplacement(int live) => new(
        new Row($"BlockHeap replace random, 64 B, {Size(live)} live", NativeMemory, 0.6),
        context => new ReplaceContest<ElementBlocks>(context.Settings.Sized(live), ElementBlocks.Size, ElementBlocks.Size),
        SeedUse.None);

    private static ResidueCase<TSource> Residue<TSource>(string pool)
        where TSource : struct, IBlockSource<TSource>, IArenaBlocks =>
        new(new Row($"resident after 1 M x 64 B, all but every 1024th freed, and Trim: {pool}", TrimmedMalloc, 1.25));

    private static SlowestCase<TSource> Slowest<TSource>(string pool, int smallest, int largest)
        where TSource : struct, IBlockSource<TSource> =>
        new(new Row($"slowest single Alloc or Free of 10 M random ones, {pool}, ms", Row.Absolute, 1), smallest, largest);
}
