using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Membufs;
using Rm.Tests.Faults;

namespace Rm.Tests.Membufs;

/// <summary>
/// A fixed run of calls of every kind on a membuf heap whose system refuses as a plan says. What fails must have changed nothing, and is
/// repeated, so that the run always comes to the same end; giving back never fails.
/// </summary>
internal sealed unsafe class MembufFaultScenario(FaultPlan plan, FaultyVirtualMemory memory) : IDisposable
{
    private const int FilledBytes = 4096;
    private const int RegionBytes = 3 * Granule.Bytes;
    private static readonly nuint[] Sizes = [0, 1, 100, 700, 3000, 20_000, 50_000, 200_000, 1 << 20, 1200 << 10, 2600 << 10];

    private readonly nint _region = (nint)NativeMemory.AlignedAlloc(RegionBytes, Granule.Bytes);
    private readonly Dictionary<nint, nuint> _blocks = [];
    private Arena? _arena;
    private MembufHeap? _heap;
    private int _ended;
    private int _withEnd;

    /// <summary>Calls that failed.</summary>
    public int Failed { get; private set; }

    /// <summary>Requests refused by the plan, before all are.</summary>
    public long RefusedOnTheWay { get; private set; }

    private MembufHeap Heap => _heap!;

    public void Run()
    {
        Attempt("make an arena", () => _arena = new Arena(new ArenaOptions { ChunkSize = 1 << 20, Memory = memory }));
        Attempt("make a heap", () => _heap = new MembufHeap(new MembufHeapOptions { Arena = _arena }));
        Attempt("add a region", () => Heap.AddRegion(_region, RegionBytes));
        MembufPolicy policy = Heap.Register((_, _) => _ended++);
        AllocateAll(policy);
        References();
        Never("shrink", () =>
        {
            nint large = _blocks.First(static block => block.Value == 2600 << 10).Key;
            Heap.Shrink(large, 100);
            _blocks[large] = 100;
        });
        OnThread.Run(() =>
        {
            AllocateAll(policy);
            Never("detach", () => Heap.Detach());
        });
        Release(static i => i % 3 == 0, onThread: false);
        OnThread.Run(() => Release(static i => i % 3 == 1, onThread: true));
        Never("trim", () => Heap.Trim());
        AllocateAll(policy);
        AssertModel("the end");

        // From here on nothing is to be had at all.
        RefusedOnTheWay = plan.Refused;
        plan.FailFromNow();
        Release(static i => i % 2 == 0, onThread: false);
        OnThread.Run(() => Release(static _ => true, onThread: true));
        Never("settle", () => Heap.Settle());
        Never("detach", () => Heap.Detach());
        Assert.Equal((_withEnd, 0L), (_ended, Heap.Statistics.LiveBlocks));
        Heap.Verify();
        plan.Stop();
        Never("dispose", Heap.Dispose);
        Never("dispose the arena", _arena!.Dispose);
    }

    public void Dispose()
    {
        _heap?.Dispose();
        _arena?.Dispose();
        NativeMemory.AlignedFree((void*)_region);
    }

    private void AllocateAll(MembufPolicy policy)
    {
        foreach (nuint size in Sizes)
        {
            Attempt($"allocate {size}", () => Add(Heap.Alloc(size), size));
            Attempt($"allocate {size} with an end", () => AddWithEnd(Heap.Alloc(size, 0, policy), size));
            Attempt($"allocate {size} and a handle", () => Add(Heap.AllocRef(size).Block, size));
            AttemptTry($"try to allocate {size}", size);
        }

        Attempt("align", () => Add(Heap.Alloc(100, 4096), 100));
        Attempt("align above a granule", () => Add(Heap.Alloc(5000, 1 << 20), 5000));
        for (int i = 0; i < 30; i++)
        {
            Attempt("allocate of slabs", () => Add(Heap.Alloc(3000), 3000));
        }
    }

    private void References() => Never("reference", () =>
    {
        foreach (nint block in _blocks.Keys)
        {
            MembufRef handle = Heap.HandleOf(block);
            Assert.Equal(2, Heap.Ref(block));
            MembufRef moved = MembufRef.Move(ref handle);
            (MembufSlice head, MembufSlice tail) = MembufRef.Split(ref moved, 0);
            OnThread.Run(() => MembufSlice.Deref(ref head));
            MembufSlice.Deref(ref tail);
            Assert.Equal(2, Heap.Ref(block));
            Assert.Equal(1, Heap.Deref(block));
        }
    });

    private void Release(Func<int, bool> chosen, bool onThread)
    {
        foreach (nint block in _blocks.Keys.Order().Where((_, i) => chosen(i)).ToArray())
        {
            Assert.Equal(0, Heap.Deref(block));
            _blocks.Remove(block);
        }

        if (!onThread)
        {
            Heap.Settle();
        }
    }

    private void Add(nint block, nuint size)
    {
        _blocks.Add(block, size);
        new Span<byte>((void*)block, (int)nuint.Min(size, FilledBytes)).Fill((byte)size);
    }

    private void AddWithEnd(nint block, nuint size)
    {
        Add(block, size);
        _withEnd++;
    }

    private void Attempt(string what, Action call)
    {
        (long refused, MembufHeapStatistics? before) = (plan.Refused, Statistics());
        try
        {
            call();
            return;
        }
        catch (OutOfMemoryException)
        {
            Assert.True(plan.Refused > refused, $"{what}: no memory though no request failed");
        }

        Recover(what, before);
        call();
    }

    private void AttemptTry(string what, nuint size)
    {
        (long refused, MembufHeapStatistics? before) = (plan.Refused, Statistics());
        if (!Heap.TryAlloc(size, out nint block))
        {
            Assert.True(plan.Refused > refused, $"{what}: no memory though no request failed");
            Recover(what, before);
            Assert.True(Heap.TryAlloc(size, out block), $"{what}: no memory though nothing fails any more");
        }

        Add(block, size);
    }

    private void Recover(string what, MembufHeapStatistics? before)
    {
        Failed++;

        // A thread that got no block may have got its memory.
        Assert.Equal(before, Statistics());
        AssertModel(what);
        plan.Stop();
    }

    private static void Never(string what, Action call)
    {
        Exception? thrown = Record.Exception(call);
        Assert.True(thrown is null, $"{what}: {thrown}");
    }

    private void AssertModel(string what)
    {
        if (_heap is null)
        {
            return;
        }

        MembufReport report = Heap.GetReport();
        Assert.True(_blocks.Count == report.Blocks, $"{what}: {report.Blocks} blocks, not {_blocks.Count}");
        foreach ((nint block, nuint size) in _blocks)
        {
            Assert.Equal((size, 1L), (Heap.SizeOf(block), Heap.RefCount(block)));
        }

        Heap.Verify();
        Heap.Arena.Verify();
    }

    private MembufHeapStatistics? Statistics() =>
        _heap is null ? null : _heap.Statistics with { RecordBytes = 0, Threads = 0, Orphans = 0 };
}
