using Rm.Arenas;
using Rm.Violations;

namespace Rm.Tests.Arenas;

/// <summary>A block heap beside a dictionary of what should live in it, and with which contents.</summary>
internal sealed unsafe class BlockHeapProgram : IDisposable
{
    private readonly BlockHeap _heap;
    private readonly Arena _arena;
    private readonly long _keepEmpty;
    private readonly Dictionary<nint, byte> _contents = [];
    private readonly List<nint> _live = [];
    private byte _next = 1;
    private nint _freed;

    public BlockHeapProgram(int elementSize, int perBlock, bool passThrough, bool zeroed, int keepEmpty)
    {
        _arena = new Arena(new ArenaOptions { PassThrough = passThrough, ChunkSize = 1 << 20 });
        _keepEmpty = keepEmpty;
        _heap = BlockHeap.Create(
            (nuint)elementSize, perBlock, new BlockHeapOptions { Arena = _arena, Zeroed = zeroed, KeepEmptyBlocks = keepEmpty });
    }

    /// <summary>Whether something was wrong; FsCheck goes on after a failure.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Does a step and checks everything.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public string? Run(BlockHeapStep step)
    {
        string? wrong = Do(step) ?? Check();
        IsBroken |= wrong is not null;
        return wrong;
    }

    public void Dispose() => _arena.Dispose();

    private string? Do(BlockHeapStep step)
    {
        switch (step.Kind)
        {
            case BlockHeapStepKind.Alloc:
                return Alloc();
            case BlockHeapStepKind.Free:
                return Free(step.Number);
            case BlockHeapStepKind.FreeAgain:
                return _freed == 0 || _contents.ContainsKey(_freed) ? null
                    : Refuses<DoubleFreeException>(_freed, orForeign: _arena.IsPassThrough || !_heap.Contains(_freed));
            case BlockHeapStepKind.FreeInside:
                return _heap.ElementSize < 2 ? null : Refuses<MisalignedPointerException>(_live[step.Number % _live.Count] + 1, orForeign: false);
            case BlockHeapStepKind.Trim:
                long given = _heap.Trim(step.Number);
                return given <= step.Number + 4096L ? null : $"{given} bytes were given back";
            default:
                return _contents.Keys.ToHashSet().SetEquals(_heap.LiveElements) ? null : "other elements were enumerated than live";
        }
    }

    private string? Alloc()
    {
        nint element = _heap.Alloc();
        var bytes = new Span<byte>((void*)element, (int)_heap.ElementSize);
        if (!_contents.TryAdd(element, _next))
        {
            return "a live element was handed out";
        }

        if (element % (nint)_heap.Alignment != 0 || (_heap.Zeroed && bytes.IndexOfAnyExcept((byte)0) >= 0))
        {
            return "the element is misaligned or not zeroed";
        }

        bytes.Fill(_next);
        _live.Add(element);
        _next = (byte)Math.Max(1, _next + 1);
        return null;
    }

    private string? Free(int number)
    {
        int index = number % _live.Count;
        _freed = _live[index];
        _live.RemoveAt(index);
        _contents.Remove(_freed);
        _heap.Free(_freed);
        return null;
    }

    private string? Refuses<TViolation>(nint address, bool orForeign)
        where TViolation : MemoryViolationException
    {
        try
        {
            _heap.Free(address);
            return $"0x{address:x} was freed";
        }
        catch (MemoryViolationException violation)
        {
            return violation is TViolation || (orForeign && violation is ForeignBlockException) ? null : $"{violation.GetType().Name} was thrown";
        }
    }

    private string? Check()
    {
        _heap.Verify();
        PoolUsage usage = _heap.Usage;
        nuint capacity = (nuint)(usage.Slabs * _heap.ElementsPerBlock);
        return usage.LiveBlocks != _live.Count ? $"{usage.LiveBlocks} elements live, not {_live.Count}"
            : !_arena.IsPassThrough && usage.LiveBytes + usage.FreeBytes != usage.CommittedBytes ? "used and free are not the capacity"
            : !_arena.IsPassThrough && capacity < (nuint)_live.Count ? "more live than there is room for"
            : _heap.EmptyBlocks > _keepEmpty + 64 ? $"{_heap.EmptyBlocks} blocks are empty"
            : _contents.FirstOrDefault(c => !Holds(c.Key, c.Value)) is { Key: not 0 } changed ? $"0x{changed.Key:x} has changed"
            : null;
    }

    private bool Holds(nint element, byte content) =>
        new Span<byte>((void*)element, (int)_heap.ElementSize).IndexOfAnyExcept(content) < 0;
}
