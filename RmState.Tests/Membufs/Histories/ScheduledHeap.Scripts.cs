using Rm.Membufs;
using Protocol = Rm.Membufs.MembufCounting<Rm.Tests.Membufs.Histories.ScheduledMemory>;

namespace Rm.Tests.Membufs.Histories;

// The operations that scripts are made of.
internal sealed unsafe partial class ScheduledHeap
{
    private const long NotTaken = 1;
    private const long Taken = 2;

    /// <summary>What counts are right multiplies the states; it is looked at where there are few.</summary>
    private const int MostThreadsForCounts = 3;

    private readonly Dictionary<string, nint> _flags = [];
    private readonly Dictionary<int, int> _recordOf = [];
    private readonly HashSet<int> _uncertain = [];
    private bool _detaches;

    internal Operation Alloc(int thread, int block, int record = 0)
    {
        _recordOf[block] = record;
        return new Operation($"alloc b{block}", () => Alloc(record, block, IdentityOf(thread)))
        {
            Effect = CountEffect.Begin,
            Block = block,
        };
    }

    /// <summary>Allocates a block if a record is free by then; else all operations with the block do nothing.</summary>
    internal Operation AllocIfFree(int thread, int block, int record = 0)
    {
        _recordOf[block] = record;
        _uncertain.Add(block);
        long* taken = Flag(TakenFlag(block));
        return new Operation($"alloc b{block} if free", () =>
        {
            long result = Alloc(record, block, IdentityOf(thread));
            ScheduledMemory.Store(taken, result == CountingJudge.Skipped ? NotTaken : Taken);
            return result;
        })
        {
            Effect = CountEffect.Begin,
            Block = block,
        };
    }

    internal Operation Ref(int thread, int block) =>
        Counting("ref", CountEffect.Add, block, record => Ref(record, block, IdentityOf(thread)));

    internal Operation Deref(int thread, int block) =>
        Counting("deref", CountEffect.Drop, block, record => Deref(record, block, IdentityOf(thread)));

    /// <summary>The same by a handle, on a thread that does not own the block.</summary>
    internal Operation RefOfHandle(int thread, int block) =>
        Counting("ref handle of", CountEffect.Add, block, record => RefOfHandle(record, GenerationOf(block), block, IdentityOf(thread)));

    internal Operation DerefOfHandle(int thread, int block) =>
        Counting("deref handle of", CountEffect.Drop, block, record => DerefOfHandle(record, GenerationOf(block), block, IdentityOf(thread)));

    internal Operation Count(int block) =>
        Counting("count", CountEffect.Read, block, record => Protocol.CountOfBlock(_records[record], _shares[record]));

    internal Operation AskUnique(int block) =>
        Counting("is unique", CountEffect.AskUnique, block, record => Protocol.IsUnique(_records[record], _shares[record]) ? 1 : 0);

    /// <summary>Lets another thread go on, by a store that it waits for: what it may do with a block was agreed on before.</summary>
    internal Operation Hand(int to, string what = "b0")
    {
        long* flag = Flag($"{what} to T{to}");
        return new Operation($"hand {what} to T{to}", () =>
        {
            ScheduledMemory.Store(flag, 1);
            return 0;
        });
    }

    /// <summary>Waits until another thread lets this one go on.</summary>
    internal Operation Get(int thread, string what = "b0")
    {
        long* flag = Flag($"{what} to T{thread}");
        return new Operation($"get {what}", () => ScheduledMemory.Await(flag));
    }

    internal Operation Settle(int thread) => new("settle", () =>
    {
        SettleOwn(IdentityOf(thread));
        return 0;
    });

    internal Operation Detach(int thread)
    {
        _detaches = true;
        return new Operation("detach", () => Detach(IdentityOf(thread)) ? 1 : 0);
    }

    /// <summary>Becomes the home's thread if it has none.</summary>
    internal Operation Adopt(int thread) => new("adopt", () => Adopt(IdentityOf(thread)) ? 1 : 0);

    /// <summary>Settles when all other threads have ended.</summary>
    internal Operation SettleLast(int thread) => new("settle last", () =>
    {
        ScheduledMemory.Join();
        SettleOwn(IdentityOf(thread));
        return 0;
    });

    /// <summary>A history of the heap; threads and blocks are as many as the scripts have.</summary>
    internal History Write(string name, params Operation[][] scripts) => new(
        $"{name} ({(HasPolicy ? "onFree" : GoesLongWay ? "long way" : "short way")})",
        Places,
        new CountingJudge(_recordOf.Count, scripts.Length)
        {
            ReturnsCounts = scripts.Length < MostThreadsForCounts,

            // Without an owner, a release reads the mail that it sent: the block ends then, and what is returned is from before.
            EndReturnsZero = !_detaches,
            TellsEnds = HasPolicy,
            TellsFrees = true,
        },
        scripts);

    private Operation Counting(string name, CountEffect effect, int block, Func<int, long> body)
    {
        int record = _recordOf[block];
        long* taken = _uncertain.Contains(block) ? Flag(TakenFlag(block)) : null;
        return new Operation(
            $"{name} b{block}", () => taken != null && ScheduledMemory.Load(taken) == NotTaken ? CountingJudge.Skipped : body(record))
        {
            Effect = effect,
            Block = block,
        };
    }

    // The second block at a record is of the second generation.
    private ulong GenerationOf(int block) => (_uncertain.Contains(block) ? 2UL : 1UL) << MembufRecord.GenerationShift;

    private static string TakenFlag(int block) => $"b{block} taken";

    private long* Flag(string name)
    {
        if (!_flags.TryGetValue(name, out nint flag))
        {
            flag = _places.Take(name, sizeof(long));
            _flags.Add(name, flag);
        }

        return (long*)flag;
    }
}
