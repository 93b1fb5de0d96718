using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Tests.Faults;

namespace Rm.Tests.Arenas;

/// <summary>
/// A fixed run of calls of every kind on a heap whose system refuses as a plan says. What fails must have changed nothing, and is
/// repeated, so that the run always comes to the same end.
/// </summary>
internal sealed unsafe class ArenaFaultScenario(FaultPlan plan, FaultyVirtualMemory memory) : IDisposable
{
    private const int RegionBytes = 3 * Granule.Bytes;
    private static readonly nuint[] Sizes = [1, 100, 700, 3000, 20_000, 50_000, 200_000, 1 << 20, 1200 << 10, 2600 << 10];

    private readonly nint _region = (nint)NativeMemory.AlignedAlloc(RegionBytes, Granule.Bytes);
    private Arena? _arena;
    private ArenaEvents? _events;
    private FilledBlocks _blocks = null!;
    private long _refused;

    private SizeClassHeap Heap => _blocks.Heap;

    /// <summary>Calls that failed.</summary>
    public int Failed { get; private set; }

    public void Run()
    {
        Create();
        foreach (nuint size in Sizes)
        {
            Attempt($"allocate {size}", () => _blocks.Add(Heap.Allocate(size), size));
            Attempt($"allocate {size} zeroed", () => _blocks.AddZeroed(Heap.AllocateZeroed(size), size));
        }

        Attempt("align", () => _blocks.Add(Heap.AllocateAligned(100, 4096), 100));
        Attempt("align above a granule", () => _blocks.Add(Heap.AllocateAligned(5000, 1 << 20), 5000));
        Resize();
        Slabs();
        Never("free", () => Assert.All(_blocks.All.Where((_, i) => i % 2 == 0), _blocks.Free));
        Never("trim the heap", () => Heap.Trim());
        Never("trim the arena", () => _arena!.Trim());
        foreach (nuint size in Sizes)
        {
            Attempt($"allocate {size} zeroed again", () => _blocks.AddZeroed(Heap.AllocateZeroed(size), size));
        }

        Never("measure", () => _arena!.MeasureResident());
        Second();
        Never("free all", _blocks.FreeAll);
        Never("dispose", _arena!.Dispose);
        Assert.Equal((0, 0), (memory.Reservations, memory.AlignedBlocks));
        Assert.Empty(_events!.Wrong);
        Assert.Equal(0u, _events.Bytes);
    }

    public void Dispose()
    {
        _arena?.Dispose();
        NativeMemory.AlignedFree((void*)_region);
    }

    private void Create()
    {
        Attempt("make an arena", () => _arena = new Arena(new ArenaOptions { ChunkSize = 1 << 20, Memory = memory }));
        _events = new ArenaEvents(_arena!);
        new Span<byte>((void*)_region, RegionBytes).Fill(0xEE);
        Attempt("add a region", () => _arena!.AddRegion(_region, RegionBytes));
        Attempt("make a heap", () => _blocks = new FilledBlocks(_arena!.CreateHeap()));
    }

    private void Resize()
    {
        (nuint From, nuint To)[] sizes =
        [
            (100, 700), (700, 50_000), (40_000, 300_000), (300_000, 60_000), (300_000, 2 << 20), (1200 << 10, 1500 << 10), (1200 << 10, 9 << 20),
            (4 << 20, 1500 << 10), (4 << 20, 100),
        ];
        foreach ((nuint from, nuint to) in sizes)
        {
            nint block = 0;
            Attempt($"allocate {from} to resize", () => block = _blocks.Add(Heap.Allocate(from), from));
            Attempt($"resize {from} to {to}", () => _blocks.Resize(block, to));
        }
    }

    // Enough of one size for several slabs, then holes in them.
    private void Slabs()
    {
        nint[] small = new nint[120];
        for (int i = 0; i < small.Length; i++)
        {
            Attempt("allocate of slabs", () => small[i] = _blocks.Add(Heap.Allocate(3000), 3000));
        }

        Never("free in slabs", () => Assert.All(small.Where((_, i) => i % 10 != 3), _blocks.Free));
        Never("make holes", () => Heap.Trim());
        for (int i = 0; i < 60; i++)
        {
            Attempt("allocate in holes", () => _blocks.AddZeroed(Heap.AllocateZeroed(3000), 3000));
        }
    }

    private void Second()
    {
        SizeClassHeap? second = null;
        Attempt("make a second heap", () => second = _arena!.CreateHeap());
        Attempt("allocate there", () => second!.Allocate(100));
        Attempt("allocate a large block there", () => second!.Allocate(2 << 20));
        Never("dispose the second heap", second!.Dispose);
    }

    private void Attempt(string what, Func<nint> call)
    {
        (long refused, PoolUsage usage, int count) = (plan.Refused, Usage, _blocks?.Count ?? 0);
        if (call() == 0)
        {
            Assert.True(plan.Refused > refused, $"{what}: no memory though no request failed");
            AssertUnchanged(what, usage, count);
            Assert.True(call() != 0, $"{what}: no memory though nothing fails any more");
        }

        AssertSoundAfterRefusal(what);
    }

    private void Attempt(string what, Action call)
    {
        (long refused, PoolUsage usage, int count) = (plan.Refused, Usage, _blocks?.Count ?? 0);
        try
        {
            call();
        }
        catch (OutOfMemoryException)
        {
            Assert.True(plan.Refused > refused, $"{what}: OutOfMemoryException though no request failed");
            AssertUnchanged(what, usage, count);
            call();
        }

        AssertSoundAfterRefusal(what);
    }

    private void Never(string what, Action call)
    {
        call();
        AssertSound(what);
    }

    private void AssertUnchanged(string what, PoolUsage before, int count)
    {
        Failed++;

        // What lies in magazines may have gone back to slabs, and slabs to the arena.
        PoolUsage after = Usage;
        Assert.Equal((before.LiveBlocks, before.LiveBytes), (after.LiveBlocks, after.LiveBytes));
        Assert.Equal(count, _blocks?.Count ?? 0);
        AssertSound(what);
        plan.Stop();
    }

    // A refusal that the call got over must not show either; without one there is nothing new to see.
    private void AssertSoundAfterRefusal(string what)
    {
        if (plan.Refused != _refused)
        {
            _refused = plan.Refused;
            AssertSound(what);
        }
    }

    private void AssertSound(string what)
    {
        if (_arena is null || _arena.IsDisposed)
        {
            Assert.Equal((0, 0), (memory.Reservations, memory.AlignedBlocks));
            return;
        }

        try
        {
            _arena.Verify();
            _blocks?.AssertFilled();
            Assert.Equal(_arena.ReservedBytes, _events?.Bytes ?? 0);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"request {plan.FailAt} of {plan.Requests} failed, then {what}: {e.Message}", e);
        }
    }

    private PoolUsage Usage => _blocks is null ? default : Heap.Usage;
}
