using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Cases;
using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Ratios.Origins;
using Rm.Tool.Ratios.Owners;
using Rm.Tool.Ratios.References;

namespace Rm.Tool.Ratios;

// The rows of membufs: counting by whoever holds them, allocating, and handing them on.
internal static partial class Suite
{
    private const string RefDeref = "Ref+Deref";
    private const string InterlockedPair = "Interlocked.Increment+Decrement";
    private const int MembufSize = 256;

    private static IEnumerable<BenchCase> Membufs =>
    [
        MembufCounting<MembufHandles<OwnThread>>("by the owner, random of 1 k membufs, by handle", 0.3),
        MembufCounting<MembufPointers>("by the owner, random of 1 k membufs, by checked pointer", 0.6),
        MembufCounting<MembufHandles<OtherThread>>("by another thread, uncontended, random of 1 k membufs", 1.3),
        new PairedCase(
            new Row($"{RefDeref} of one membuf by 2 threads at once", $"{InterlockedPair} of one count by 2 threads at once", 1.5),
            static _ => new PlainContest(
                static () => new ReferencingTogether<MembufHandles<BothThreads>>(),
                new ReferencingTogether<InterlockedReferences>()),
            SeedUse.None,
            RoundKind.Together),
        new PairedCase(new Row($"{RefDeref}, shared, random of 1 k membufs, against {SafeHandle}", SafeHandle, 0.6), SharedCounting, SeedUse.None),
        new PairedCase(
            new Row($"AllocRef+Deref {MembufSize} B", NativeMemory, 0.7),
            static _ => new PlainContest(static () => new AllocDeref(MembufSize, K), new AllocFree(MembufSize, K)),
            SeedUse.None),
        new PairedCase(
            new Row($"Alloc+Deref {MembufSize} B, by checked pointer", NativeMemory, 0.7),
            static _ => new RotationContest<MembufBlocks>(K, MembufSize),
            SeedUse.None),
        MembufPiping("64 B", 64),
        MembufPiping("1 KiB", 1 << 10),
        MembufPiping("16 KiB", 16 << 10),
        MembufPiping("64 KiB", 64 << 10),
        new PairedCase(
            new Row("rent and return 4 KiB, MembufMemoryPool", "MemoryPool<byte>.Shared", 1.3),
            static _ => new PlainContest(static () => new Renting<MembufPoolOwners>(4096), new Renting<SharedPoolOwners>(4096)),
            SeedUse.None),
        new OverheadCase<MembufBlocks>(
            new Row("bytes of overhead per 64 B membuf, 1 M live", Row.Absolute, 54),
            static source => source.MeasureBytes()),
    ];

    private static PairedCase MembufCounting<TReferences>(string name, double target)
        where TReferences : struct, IIndexedReferences<TReferences> => new(
            new Row($"{RefDeref} {name}", InterlockedPair, target),
            static context => MembufContest<TReferences>(context, static (blocks, order) =>
                new Referencing<InterlockedReferences>(InterlockedReferences.Of(blocks), order)),
            SeedUse.None);

    private static PlainContest SharedCounting(BenchContext context) => MembufContest<MembufHandles<BothThreads>>(
        context,
        static (blocks, order) => new HandleReferences(blocks, BlockPool.BlockSize, order));

    private static PlainContest MembufContest<TReferences>(BenchContext context, Func<int, int[], IContender> peer)
        where TReferences : struct, IIndexedReferences<TReferences>
    {
        int blocks = context.Settings.Sized(K);
        int[] order = Draws.IndexesOf(blocks);
        return new PlainContest(() => new Referencing<TReferences>(TReferences.Of(blocks), order), peer(blocks, order));
    }

    private static PairedCase MembufPiping(string name, int size) => new(
        new Row($"membufs of {name} from a thread that fills them to one that releases them, processor time", "NativeMemory, same channel", 0.95),
        _ => new PlainContest(() => new Piping<MembufBlocks>((nuint)size), new Piping<MallocBlocks>((nuint)size)),
        SeedUse.None,
        RoundKind.OfProcess);
}
