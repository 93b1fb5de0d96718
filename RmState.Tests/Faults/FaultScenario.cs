using System.Runtime.InteropServices;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Faults;

/// <summary>
/// A fixed run of calls of every kind on one state whose requests for memory fail as a plan says. A call that fails must have
/// changed nothing; it is repeated, so that the run always comes to the same end.
/// </summary>
internal sealed unsafe class FaultScenario : IDisposable
{
    private const int Rounds = 50;
    private const int WideReferences = 70_000;

    private readonly FaultPlan _plan;
    private readonly CountingAllocator _allocator;
    private readonly CountingTableMemory _table;
    private readonly NativeBlocks _blocks = new();
    private readonly PinnedBlocks _context;
    private readonly Dictionary<nint, (long Count, nuint? Size)> _model = [];
    private RmState _state = null!;

    public FaultScenario(FaultPlan plan, bool tableOnly)
    {
        _plan = plan;
        _allocator = new CountingAllocator(tableOnly ? null : plan);
        _table = new CountingTableMemory(plan);
        _context = new PinnedBlocks(_blocks);
    }

    /// <summary>Calls that threw OutOfMemoryException or returned false.</summary>
    public int Failed { get; private set; }

    /// <summary>Requests refused without the call failing: growth put off.</summary>
    public long Tolerated { get; private set; }

    public void Run()
    {
        Attempt("create", () => _state = new RmState(new RmStateOptions
        {
            InitialCapacity = 1,
            Seed = 42,
            Allocator = _allocator,
            TableMemory = _table,
            OnViolation = violation => throw violation,
        }));
        for (int round = 0; round < Rounds; round++)
        {
            Allocate(round);
            Attach(round);
            Retain(round);
            Reallocate(round);
            if (round % 3 == 2)
            {
                Release(round);
            }
        }

        Widen(_model.Keys.Max());
        Shrink();
        End();
    }

    public void Dispose() => _context.Dispose();

    private void Allocate(int round)
    {
        nuint size = (nuint)(round * 7);
        Attempt("malloc", () => _model.Add(_state.RmMalloc(size), (1, size)));
        Attempt("calloc", () => _model.Add(_state.RmCalloc(3, size), (1, 3 * size)));
        Attempt("aligned", () => _model.Add(_state.RmAlignedAlloc((nuint)1 << (round % 13), size), (1, size)));
        Attempt("malloc of a type", () => _model.Add((nint)_state.RmMalloc<long>(5), (1, 40)));
        Attempt("realloc of null", () => _model.Add(_state.RmRealloc(0, size), (1, size)));
        if (round % 10 == 9)
        {
            AllocateLarge();
        }

        AttemptTry("try malloc", () => _state.RmTryMalloc(size, out nint block) ? block : 0, size);
    }

    // So large that its size needs a side record. Nothing is written to it, so it costs address space only.
    private void AllocateLarge()
    {
        const int size = 1 << 26;
        Attempt("malloc of a large size", () => _model.Add(_state.RmMalloc(size), (1, size)));
        nint block = 0;
        Attempt("malloc of a block to grow", () => block = _state.RmMalloc(10));
        _model.Add(block, (1, 10));
        nint moved = 0;
        Attempt("realloc to a large size", () => moved = _state.RmRealloc(block, size));
        _model.Remove(block);
        _model.Add(moved, (1, size));
    }

    private void Attach(int round)
    {
        nuint size = (nuint)round;
        nint plain = (nint)NativeMemory.Alloc(16);
        Attempt("attach", () => Attached(plain, null, () => _state.RmAttach(plain)));
        nint sized = (nint)NativeMemory.Alloc(16);
        Attempt("attach with a size", () => Attached(sized, size, () => _state.RmAttach(sized, size)));
        nint managed = _blocks.Malloc();
        Attempt("attach with a delegate", () => Attached(managed, size, () => _state.RmAttach(managed, _blocks.Free, size)));
        nint native = _blocks.Malloc();
        Attempt("attach with a function", () => Attached(native, null, () => _state.RmAttach(native, &NativeBlocks.FreeOfCurrent)));
        nint context = _blocks.Malloc();
        Attempt("attach with a context", () => Attached(
            context, size, () => _state.RmAttach(context, &NativeBlocks.FreeWithContext, (void*)_context.Context, size)));
        nint either = _blocks.Malloc();
        Attempt("attach or retain", () => Attached(either, null, () => Assert.Equal(1, _state.RmAttachOrRetain(either, _blocks.Free))));
        Attempt("attach or retain again", () => Assert.Equal(2, _state.RmAttachOrRetain(either)));
        _model[either] = (2, null);
        nint tried = _blocks.Malloc();
        AttemptTry("try attach", () => _state.RmTryAttach(tried, _blocks.Free, size) ? tried : 0, size);
        nint wide = unchecked((nint)0xFFFF_8000_0000_0000) + (round * 64);
        Attempt("attach of a wide address", () => Attached(wide, null, () => _state.RmAttach(wide, Fakes.Leave)));
    }

    private void Attached(nint block, nuint? size, Action attach)
    {
        attach();
        _model.Add(block, (1, size));
    }

    private void Retain(int round)
    {
        nint block = Nth(round * 5);
        (long count, nuint? size) = _model[block];
        Attempt("retain", () => Assert.Equal(count + 1, _state.RmRetain(block)));
        _model[block] = (count + 1, size);
        Attempt("generation", () => Assert.True(_state.HasGeneration(block, _state.EnsureGeneration(block))));
    }

    private void Reallocate(int round)
    {
        nint block = _model.Where(b => b.Value.Count == 1 && _allocator.Holds(b.Key)).Select(b => b.Key).Order().ElementAt(round % 7);
        nuint size = (nuint)(round * 50);
        nint moved = 0;
        Attempt("realloc", () => moved = _state.RmRealloc(block, size));
        _model.Remove(block);
        _model.Add(moved, (1, size));
    }

    private void Release(int round)
    {
        foreach (nint block in Enumerable.Range(0, 12).Select(i => Nth((round * 3) + (i * 5))).Distinct().ToArray())
        {
            ReleaseOnce(block);
        }

        nint own = _model.Keys.Where(_allocator.Holds).Order().First();
        Never("detach", () => Assert.Equal(_model[own].Count - 1, _state.RmDetach(own)));
        _model.Remove(own);
        _allocator.FreeDetached(own);
    }

    private void ReleaseOnce(nint block)
    {
        (long count, nuint? size) = _model[block];
        Never("release", () => Assert.Equal(count - 1, _state.RmRelease(block)));
        _model[block] = (count - 1, size);
        if (count == 1)
        {
            _model.Remove(block);
        }
    }

    // Attempt for each of so many retains would cost too much; only those that fail are looked at.
    private void Widen(nint block)
    {
        (long count, nuint? size) = _model[block];
        for (int i = 0; i < WideReferences; i++)
        {
            try
            {
                _state.RmRetain(block);
            }
            catch (OutOfMemoryException)
            {
                _model[block] = (count, size);
                AssertModelAndGoOn("retain of many");
                _state.RmRetain(block);
            }

            count++;
        }

        _model[block] = (count, size);
        Assert.Equal(count, _state.RmCount(block));
        Never("release of many", () =>
        {
            for (int i = 0; i < WideReferences; i++)
            {
                _state.RmRelease(block);
            }
        });
        _model[block] = (count - WideReferences, size);
    }

    private void Shrink()
    {
        foreach (nint block in _model.Keys.Order().Skip(20).ToArray())
        {
            while (_model.ContainsKey(block))
            {
                ReleaseOnce(block);
            }
        }

        Attempt("trim", () => _state.Trim());
        AssertModel();
        Allocate(9);
    }

    private void End()
    {
        AssertModel();
        Never("dispose", _state.Dispose);
        Assert.Null(_allocator.Complaint());
        Assert.Null(_table.Complaint());
        Assert.Null(_blocks.Complaint());
    }

    private nint Nth(int n) => _model.Keys.Order().ElementAt(n % _model.Count);

    private void Attempt(string what, Action call)
    {
        long refused = _plan.Refused;
        RmStatistics before = Statistics();
        try
        {
            call();
            Tolerated += _plan.Refused - refused;
            return;
        }
        catch (OutOfMemoryException)
        {
            Assert.True(_plan.Refused > refused, $"{what}: OutOfMemoryException though no request failed");
        }

        Assert.Equal(before, Statistics());
        AssertModelAndGoOn(what);
        call();
    }

    private void AttemptTry(string what, Func<nint> call, nuint size)
    {
        long refused = _plan.Refused;
        RmStatistics before = Statistics();
        nint block = call();
        if (block == 0)
        {
            Assert.True(_plan.Refused > refused, $"{what}: false though no request failed");
            Assert.Equal(before, Statistics());
            AssertModelAndGoOn(what);
            block = call();
            Assert.True(block != 0, $"{what}: false though nothing fails any more");
        }
        else
        {
            Tolerated += _plan.Refused - refused;
        }

        _model.Add(block, (1, size));
    }

    private void Never(string what, Action call)
    {
        long requests = _plan.Requests;
        call();
        Assert.True(_plan.Requests == requests, $"{what} asked for memory");
    }

    private void AssertModelAndGoOn(string what)
    {
        Failed++;
        try
        {
            AssertModel();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"after request {_plan.FailAt} failed in {what}: {e.Message}", e);
        }

        _plan.Stop();
    }

    private void AssertModel()
    {
        if (_state is null)
        {
            Assert.Equal(0, _table.Outstanding);
            return;
        }

        Assert.Equal(
            _model.Select(b => new RmBlock(b.Key, b.Value.Count, b.Value.Size)).OrderBy(b => b.Address),
            _state.RmBlocks.OrderBy(b => b.Address));

        // Beside the attached ones, the one block that the failing attach was to take over is still the caller's.
        Assert.InRange(_blocks.Live - _model.Keys.Count(_blocks.IsLive), 0, 1);
        _state.Verify();
    }

    private RmStatistics Statistics() => _state is null ? default : _state.Statistics with
    {
        Capacity = 0,
        DeadSlots = 0,
        TableBytes = 0,
        SlotsMoved = 0,
        BytesUnmapped = 0,
    };
}
