using Rm.Tool.Ratios.Cases;

namespace Rm.Tool.Ratios;

/// <summary>Every row there is, under its fixed name.</summary>
internal static partial class Suite
{
    private const string Yardstick = "++a[i]; --a[i]";
    private const string Dictionary = "Dictionary";
    private const string SafeHandle = "SafeHandle";
    private const int K = 1_000;
    private const int M = 1_000_000;

    /// <summary>The cases in the order of the report.</summary>
    internal static IReadOnlyList<BenchCase> All { get; } =
    [
        // Before all else: the peer without a hook has no past in this process, and the JIT lays out a method by its past.
        TheHook(),

        // While this process is small and has not yet made the system hand out pages it never touched before.
        .. Replays,
        AgainstItself(),
        Allocation(1, "1 other live"),
        Allocation(K, "1 k others live"),
        Counting(K, 6),
        Counting(4 * K, 6),
        Counting(100 * K, 7),
        Counting(M, 4),
        DictionaryCounting(1, 0.9),
        DictionaryCounting(K, 0.6),
        DictionaryCounting(4 * K, 0.6),
        DictionaryCounting(100 * K, 0.7),
        DictionaryCounting(M, 0.45),
        HandleCounting(K, 0.4),
        Tracking(K, 0.6),
        Tracking(4 * K, 0.6),
        Tracking(100 * K, 0.6),
        Tracking(M, 0.6),
        TableBytes("", withSizes: false, worst: 34, mean: 24),
        TableBytes(", with sizes", withSizes: true, worst: 52, mean: 38),
        LargestTable(),
        .. Arenas,
        .. Diagnostics,
        .. Membufs,
    ];

    private static AgainstItselfCase AgainstItself() =>
        new(new Row($"A/A: {CountingName(K)}", "itself", 1.03), K);

    private static PairedCase Allocation(int others, string name) =>
        new(new Row($"RmMalloc+RmRelease 64 B, {name}", "NativeMemory.Alloc+Free", 1.35), _ => new AllocationContest(others));

    private static PairedCase Counting(int live, double target) =>
        new(new Row(CountingName(live), Yardstick, target), context => CountingContest.WithYardstick(context, live));

    private static PairedCase DictionaryCounting(int live, double target) =>
        new(new Row($"{CountingName(live)}, against {Dictionary}", Dictionary, target), context => CountingContest.WithDictionary(context, live));

    private static PairedCase HandleCounting(int live, double target) =>
        new(new Row($"{CountingName(live)}, against {SafeHandle}", SafeHandle, target), context => CountingContest.WithSafeHandles(context, live));

    private static PairedCase Tracking(int live, double target) =>
        new(
            new Row($"RmAttach+RmDetach random foreign pointers, {Size(live)} live", "Dictionary Add+Remove", target),
            context => new TrackingContest(context, live));

    private static TableBytesCase TableBytes(string kind, bool withSizes, double worst, double mean)
    {
        string name = $"table bytes per live pointer at rest, {Size(TableBytesCase.Fewest)} to {Size(BenchContext.MostBlocks)}{kind}";
        return new(new Row($"{name}: worst", Row.Absolute, worst), new Row($"{name}: mean", Row.Absolute, mean), withSizes);
    }

    private static LargestTableCase LargestTable()
    {
        string name = $"RmAttach while {Size(BenchContext.MostBlocks)} pointers are attached";
        return new(
            new Row(CountingName(BenchContext.MostBlocks), Yardstick, 4),
            new Row($"slowest single {name}, ms", Row.Absolute, 1),
            new Row($"p99.99 of single {name}, µs", Row.Absolute, 50));
    }

    private static string CountingName(int live) => $"{Pair} random of {Size(live)} live";

    private static string Size(int count) => count switch
    {
        >= M when count % M == 0 => $"{count / M} M",
        >= K when count % K == 0 => $"{count / K} k",
        _ => $"{count}",
    };
}
