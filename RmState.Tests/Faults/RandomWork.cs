namespace Rm.Tests.Faults;

/// <summary>Random calls of every kind on one state, checked against a model; a failure names the seed.</summary>
internal sealed class RandomWork(RmState state, int seed, long firstFake = 0)
{
    private readonly Random _random = new(seed);
    private readonly List<nint> _blocks = [];
    private readonly Dictionary<nint, (long Count, nuint? Size, bool Own)> _model = [];
    private long _step;

    /// <summary>Deallocators that ran and should have.</summary>
    public long Deallocated { get; private set; }

    public int Live => _blocks.Count;

    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            _step++;
            Step();
        }
    }

    public void AssertModelMatches()
    {
        Dictionary<nint, (long Count, nuint? Size)> seen = state.RmBlocks.ToDictionary(b => b.Address, b => (b.Count, b.Size));
        Expect(seen.Count == _model.Count, $"{seen.Count} blocks listed, {_model.Count} live");
        foreach ((nint block, (long count, nuint? size, _)) in _model)
        {
            _ = seen.TryGetValue(block, out (long Count, nuint? Size) listed);
            Expect(listed == (count, size), $"0x{block:x}: {listed}, expected {(count, size)}");
        }
    }

    public void ReleaseAll()
    {
        foreach ((nint block, (long count, _, _)) in _model)
        {
            for (long left = count - 1; left >= 0; left--)
            {
                Expect(state.RmRelease(block) == left, "wrong count at the end");
            }
        }

        _model.Clear();
        _blocks.Clear();
    }

    private void Step()
    {
        int kind = _random.Next(20);
        if (_blocks.Count == 0 || kind < 5)
        {
            Add();
            return;
        }

        int at = _random.Next(_blocks.Count);
        nint block = _blocks[at];
        (long count, nuint? size, bool own) = _model[block];
        switch (kind)
        {
            case < 9:
                Expect(state.RmRetain(block) == count + 1, "retain");
                _model[block] = (count + 1, size, own);
                break;
            case < 16:
                Expect(state.RmRelease(block) == count - 1, "release");
                Drop(at, count - 1, size, own);
                break;
            case 16 when count == 1 && own:
                nuint wanted = (nuint)_random.Next(2000);
                nint moved = state.RmRealloc(block, wanted);
                _model.Remove(block);
                _model.Add(moved, (1, wanted, true));
                _blocks[at] = moved;
                break;
            case 17 when !own:
                Expect(state.RmDetach(block) == count - 1, "detach");
                Drop(at, 0, size, own);
                break;
            case 18:
                Expect(!state.RmTryRelease(block + 1, out _) && !state.RmContains(block - 1), "unknown neighbours");
                break;
            default:
                Expect(state.RmCount(block) == count && state.RmContains(block), "count");
                Expect(state.RmTrySize(block, out nuint known) == size.HasValue && known == (size ?? 0), "size");
                break;
        }
    }

    private void Add()
    {
        nuint size = (nuint)_random.Next(500);
        int kind = _random.Next(6);
        nint block = kind switch
        {
            0 => state.RmMalloc(size),
            1 => state.RmCalloc(1, size),
            2 => state.RmAlignedAlloc((nuint)1 << _random.Next(10), size),
            _ => (nint)(Fakes.Base + ((firstFake + _random.Next(1_000_000)) * 16)),
        };
        if (kind < 3)
        {
            Expect(_model.TryAdd(block, (1, size, true)), "an address was handed out twice");
            _blocks.Add(block);
        }
        else if (_model.TryGetValue(block, out (long Count, nuint? Size, bool Own) known))
        {
            Expect(!state.RmTryAttach(block, Fakes.Leave), "attached twice");
            Expect(state.RmAttachOrRetain(block) == known.Count + 1, "attach or retain");
            _model[block] = (known.Count + 1, known.Size, known.Own);
        }
        else
        {
            nuint? stated = kind == 3 ? size : null;
            state.RmAttach(block, _ => Deallocated++, stated);
            _model.Add(block, (1, stated, false));
            _blocks.Add(block);
        }
    }

    private void Drop(int at, long count, nuint? size, bool own)
    {
        nint block = _blocks[at];
        if (count > 0)
        {
            _model[block] = (count, size, own);
            return;
        }

        _model.Remove(block);
        _blocks[at] = _blocks[^1];
        _blocks.RemoveAt(_blocks.Count - 1);
    }

    private void Expect(bool condition, string what)
    {
        if (!condition)
        {
            Assert.Fail($"seed {seed}, step {_step}: {what}");
        }
    }
}
