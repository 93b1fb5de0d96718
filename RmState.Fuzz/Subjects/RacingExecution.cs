using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Fuzz.Programs;
using Rm.Membufs;

namespace Rm.Fuzz.Subjects;

/// <summary>
/// Takes the steps of a program down as the scripts of its threads, then runs them all at once, as often as the program says. Each thread
/// has slots for blocks of which it has references, and hands references over through cells; a step that finds its slot empty does nothing,
/// so every order is legal. What must hold is looked at when all threads are done.
/// </summary>
internal sealed unsafe class RacingExecution : IExecution
{
    public const int Slots = 6;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [ThreadStatic]
    private static RacingExecution? _ofThread;

    private readonly ProgramOptions _options;
    private readonly List<Op>[] _scripts;
    private readonly Arena _arena;
    private readonly MembufHeap _heap;
    private readonly MembufPolicy _policy;
    private readonly nint[] _cells;
    private readonly Barrier _barrier;
    private readonly CountdownEvent _running;
    private int _current;
    private string? _fault;

    // By a block's number: whether something is called at its end, and how often it was.
    private bool[] _expected = [];
    private int[] _ends = [];
    private bool _started;
    private bool _finished;

    public RacingExecution(ProgramOptions options)
    {
        _options = options;
        _scripts = [.. Enumerable.Range(0, options.Membufs).Select(static _ => new List<Op>())];
        _arena = new Arena(new ArenaOptions
        {
            Name = "raced",
            ChunkSize = (nuint)options.ChunkSize,
            SpareFraction = options.Spare / 100.0,
            PassThrough = options.PassThrough,
            Memory = new SystemMemory(options),
        });
        _heap = new MembufHeap(new MembufHeapOptions { Name = "raced", Arena = _arena, CountsReferences = options.CountsReferences });
        _policy = _heap.Register(AtEnd, "recording");
        _cells = new nint[options.Membufs * Slots];
        _barrier = new Barrier(options.Membufs);
        _running = new CountdownEvent(options.Membufs);
    }

    internal MembufHeap Heap => _heap;

    internal MembufPolicy Policy => _policy;

    internal static delegate* unmanaged<nint, void> Function => &AtEndOfBlock;

    /// <summary>Whether something broke: threads then stop as soon as they can.</summary>
    internal bool IsBroken => Volatile.Read(ref _fault) is not null;

    public void Step(Op op)
    {
        if (op.Code == OpCode.MembufOn)
        {
            _current = (int)((ulong)op.A % (ulong)_scripts.Length);
        }
        else
        {
            _scripts[_current].Add(op);
        }
    }

    public void Finish()
    {
        try
        {
            RunThreads();
            CompareAll();
            _heap.Dispose();
            _arena.Dispose();
            _finished = true;
        }
        catch (MismatchException)
        {
            throw;
        }
        catch (Exception e)
        {
            throw new MismatchException($"unexpected {e.GetType().Name}: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        if (!_finished)
        {
            BrokenHeap.Abandon(_heap);
        }

        // A thread that hangs may come here yet.
        if (_running.IsSet || !_started)
        {
            _barrier.Dispose();
            _running.Dispose();
        }
    }

    internal void Break(string fault) => Interlocked.CompareExchange(ref _fault, fault, comparand: null);

    internal bool TrySend(int thread, int cell, nint block) => Interlocked.CompareExchange(ref _cells[(thread * Slots) + cell], block, 0) == 0;

    internal nint TakeFrom(int thread, int cell)
    {
        ref nint place = ref _cells[(thread * Slots) + cell];
        return Volatile.Read(ref place) == 0 ? 0 : Interlocked.Exchange(ref place, 0);
    }

    internal void EnterThread() => _ofThread = this;

    /// <summary>Waits for all threads.</summary>
    internal void Meet() => _barrier.SignalAndWait();

    /// <summary>A thread, or the last of those that followed each other, is done.</summary>
    internal void Leave() => _running.Signal();

    private void RunThreads()
    {
        int most = _scripts.Max(static s => s.Count) * _options.Rounds;
        _expected = new bool[_scripts.Length * most];
        _ends = new int[_expected.Length];
        RacingThread[] threads = [.. _scripts.Select((script, i) => new RacingThread(this, i, [.. script], _options) { FirstNumber = i * most })];
        _started = true;
        Array.ForEach(threads, static t => t.Start());
        Require(_running.Wait(Patience), "a thread does not end");

        if (_fault is not null)
        {
            throw new MismatchException(_fault);
        }

        Array.ForEach(threads, static t => t.HandOn());
        Same(threads.Sum(static t => t.Allocations), _heap.Statistics.Allocations, "the number of allocations");
    }

    private void CompareAll()
    {
        MembufHeapStatistics statistics = _heap.Statistics;
        Same(0L, statistics.LiveBlocks, "the number of blocks that live when all references were given back");
        Same(0L, _heap.GetReport().Blocks, "the number of blocks in a report when all references were given back");
        Require(!_options.CountsReferences || statistics.Allocations + statistics.References == statistics.Releases, $"{statistics} is not balanced");
        Same(0, statistics.Threads, "the number of threads with a home");
        for (int block = 0; block < _ends.Length; block++)
        {
            if (_ends[block] != (_expected[block] ? 1 : 0))
            {
                throw new MismatchException($"the onFree of block {block} ran {_ends[block]} times");
            }
        }

        _heap.Verify();
        _arena.Verify();
    }

    /// <summary>Says that something is called at a block's end.</summary>
    internal void Expect(long block) => _expected[block] = true;

    [UnmanagedCallersOnly]
    private static void AtEndOfBlock(nint block) => _ofThread!.AtEnd(block, 0);

    private void AtEnd(nint block, nuint size)
    {
        if (!BlockStamp.TryRead(block, out long number))
        {
            Break($"the onFree of 0x{block:x} finds contents that are no block's");
            return;
        }

        if (Interlocked.Increment(ref _ends[number]) != 1)
        {
            Break($"the onFree of block {number} ran a second time");
            return;
        }

        nint linked = BlockStamp.Clear(block);
        if (linked != 0)
        {
            _ = _heap.Deref(linked);
        }
    }
}
