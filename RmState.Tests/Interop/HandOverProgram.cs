using Rm.Arenas;
using Rm.Interop;
using Rm.Memory;
using Rm.Tests.Faults;
using Rm.Violations;

namespace Rm.Tests.Interop;

/// <summary>Three states that hand blocks to each other, over an allocator of one thread, a heap and malloc, beside their models.</summary>
internal sealed class HandOverProgram : IDisposable
{
    private const int States = 3;
    private const nuint Sizes = 5000;

    private readonly CountingAllocator _counting = new();
    private readonly Arena _arena = new(new ArenaOptions { ChunkSize = 1 << 20 });
    private readonly SizeClassHeap _heap;
    private readonly RmState[] _states = new RmState[States];
    private readonly RmInbox[] _inboxes = new RmInbox[States];
    private readonly ModelState[] _models = new ModelState[States];
    private readonly List<ModelBlock> _blocks = [];
    private readonly Dictionary<nint, int> _ends = [];
    private readonly long[] _violations = new long[States];
    private nint _gone;
    private int _attached;

    public HandOverProgram()
    {
        _heap = _arena.CreateHeap();
        for (int i = 0; i < States; i++)
        {
            Make(i);
        }
    }

    /// <summary>Whether something was wrong; FsCheck goes on after a failure.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Does a step and checks everything.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public string? Run(HandOverStep step)
    {
        string? wrong = Do(step) ?? Check();
        IsBroken |= wrong is not null;
        return wrong;
    }

    public void Dispose()
    {
        Array.ForEach(_states, state => state.Dispose());
        Array.ForEach(_models, model => model.Dispose());
        string? wrong = IsBroken ? null : CheckFrees() ?? _counting.Complaint() ?? (_blocks.All(b => b.IsFreed) ? null : "a block was lost");
        _arena.Dispose();
        Assert.Null(wrong);
    }

    private void Make(int index)
    {
        INativeAllocator? allocator = index switch { 0 => _counting, 1 => _heap, _ => null };
        _violations[index] = 0;
        _states[index] = new RmState(new RmStateOptions
        {
            InitialCapacity = 1,
            Allocator = allocator,
            ViolationPolicy = RmViolationPolicy.Report,
            OnViolation = _ => _violations[index]++,
        });
        _inboxes[index] = new RmInbox(_states[index]);
        _models[index] = new ModelState(allocator);
    }

    private string? Do(HandOverStep step)
    {
        RmState state = _states[step.State];
        ModelState model = _models[step.State];
        ModelBlock? block = model.Live.Count == 0 ? null : model.Live.Values.ElementAt(step.Number % model.Live.Count);
        switch (step.Kind)
        {
            case HandOverStepKind.Allocate:
                Add(model, new ModelBlock { Address = state.RmMalloc((nuint)step.Number % Sizes), Home = model });
                break;
            case HandOverStepKind.Attach:
                Add(model, new ModelBlock { Address = Fakes.Address(++_attached) });
                state.RmAttach(Fakes.Address(_attached), ended => _ends[ended] = _ends.GetValueOrDefault(ended) + 1, 64);
                break;
            case HandOverStepKind.Retain when block is not null:
                for (int i = step.Number % 150; i >= 0; i--)
                {
                    state.RmRetain(block.Address);
                    block.Count++;
                }

                break;
            case HandOverStepKind.Release when block is not null:
                model.Release(block.Address);
                state.RmRelease(block.Address);
                break;
            case HandOverStepKind.Transfer when block is not null:
                model.HandOver(block, _models[step.Other]);
                state.RmTransferTo(block.Address, _inboxes[step.Other]);
                _gone = block.Address;
                break;
            default:
                return DoRest(step, state, model, block);
        }

        return null;
    }

    private string? DoRest(HandOverStep step, RmState state, ModelState model, ModelBlock? block)
    {
        // A block on its way may be given back to the state it goes to.
        nint target = step.Kind == HandOverStepKind.GiveBackGone ? _gone : block?.Address ?? 0;
        switch (step.Kind)
        {
            case HandOverStepKind.GiveBack or HandOverStepKind.GiveBackGone when target != 0:
                _inboxes[step.State].RmGiveBack(target);
                model.Inbox.Add((null, null, target));
                break;
            case HandOverStepKind.Receive:
                int expected = model.Receive();
                int done = state.RmReceive();
                return done == expected ? null : $"{done} things were received, not {expected}";
            case HandOverStepKind.Reset:
                model.Reset();
                state.Reset();
                break;
            case HandOverStepKind.Dispose:
                model.Dispose();
                state.Dispose();
                if (_violations[step.State] != model.Violations)
                {
                    return $"{_violations[step.State]} violations were met by the end, not {model.Violations}";
                }

                Make(step.State);
                break;
        }

        return null;
    }

    private void Add(ModelState model, ModelBlock block)
    {
        _blocks.Add(block);
        model.Live.Add(block.Address, block);
    }

    private string? Check()
    {
        for (int i = 0; i < States; i++)
        {
            try
            {
                _states[i].Verify();
            }
            catch (CorruptStateException corrupt)
            {
                return corrupt.Message;
            }

            Dictionary<nint, long> counts = _states[i].RmBlocks.ToDictionary(b => b.Address, b => b.Count);
            ModelState model = _models[i];
            if (counts.Count != model.Live.Count || model.Live.Values.Any(b => counts.GetValueOrDefault(b.Address) != b.Count))
            {
                return $"state {i} counts {string.Join(", ", counts)}, not {string.Join(", ", model.Live.Values.Select(b => (b.Address, b.Count)))}";
            }

            if (_violations[i] != model.Violations)
            {
                return $"state {i} met {_violations[i]} violations, not {model.Violations}";
            }
        }

        return CheckFrees();
    }

    private string? CheckFrees()
    {
        int attached = _blocks.Count(b => b.Home is null && b.IsFreed);
        int counted = Used(b => _counting.Holds(b.Address));
        long heaped = _heap.Usage.LiveBlocks;
        return _ends.Count != attached || _ends.Values.Any(times => times != 1) ? $"{_ends.Values.Sum()} deallocators ran for {attached} blocks"
            : _counting.Outstanding != counted ? $"{_counting.Outstanding} blocks are out of the allocator, not {counted}"
            : heaped != Used(b => _heap.Contains(b.Address)) ? $"{heaped} blocks are in use in the heap, not {Used(b => _heap.Contains(b.Address))}"
            : null;
    }

    private int Used(Func<ModelBlock, bool> isIts) => _blocks.Count(b => b.Home is not null && !b.IsFreed && isIts(b));
}
