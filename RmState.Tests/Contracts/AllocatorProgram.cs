using Rm.Arenas;
using Rm.Memory;
using Rm.Violations;

namespace Rm.Tests.Contracts;

/// <summary>
/// Runs the steps of a program over an allocator and compares what it does with what the contract says. A step answers with what
/// is wrong, in words.
/// </summary>
internal sealed unsafe class AllocatorProgram(AllocatorSubject subject, Action<string>? failedAtEnd = null) : IDisposable
{
    private readonly INativeAllocator _allocator = subject.Allocator;
    private readonly Dictionary<int, HeldBlock> _live = [];
    private readonly Dictionary<int, nint> _freed = [];
    private int _seed;

    /// <summary>Something was wrong: what follows would only show consequences, and might bring the process down.</summary>
    public bool IsBroken { get; private set; }

    public int LiveBlocks => _live.Count;

    /// <summary>Does a step and looks at the blocks it names.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public string? Run(ProgramStep step)
    {
        string? wrong;
        try
        {
            wrong = step.Kind switch
            {
                StepKind.Reallocate => Held(step, Reallocate),
                StepKind.Free => Held(step, Free),
                StepKind.FreeAgain => FreeAgain(step),
                StepKind.Look => Held(step, (block, _) => Look(block)),
                StepKind.Trim => Trim(step),
                _ => Allocate(step),
            };
        }
        catch (Exception e)
        {
            wrong = e.ToString();
        }

        IsBroken |= wrong is not null;
        return wrong;
    }

    /// <summary>Looks at every block, at the allocator's totals and at its invariants.</summary>
    public string? Check()
    {
        string? wrong = _live.Values.Select(Changed).FirstOrDefault(w => w is not null);
        try
        {
            subject.Arena?.Verify();
        }
        catch (CorruptArenaException e)
        {
            wrong ??= e.Message;
        }

        if (subject.Pool is { } pool)
        {
            PoolUsage usage = pool.Usage;
            nuint bytes = _live.Values.Aggregate((nuint)0, (sum, block) => sum + block.Extent);
            wrong ??= usage.LiveBlocks != _live.Count || usage.LiveBytes != bytes
                ? $"{usage}, but {_live.Count} blocks of {bytes} bytes live"
                : null;
        }

        IsBroken |= wrong is not null;
        return wrong;
    }

    /// <summary>Frees what lives, in the order in which it was made.</summary>
    public string? Finish()
    {
        string? wrong = IsBroken ? null
            : _live.Keys.Order().ToArray().Select(id => Run(new ProgramStep(StepKind.Free, id))).FirstOrDefault(w => w is not null)
                ?? subject.FindRetained()
                ?? Check();
        IsBroken |= wrong is not null;
        return wrong;
    }

    public void Dispose()
    {
        if (Finish() is { } wrong)
        {
            failedAtEnd?.Invoke(wrong);
        }

        subject.Dispose();
    }

    private string? Held(ProgramStep step, Func<HeldBlock, ProgramStep, string?> act)
    {
        // Its allocation may have been refused.
        if (!_live.TryGetValue(step.Block, out HeldBlock? block))
        {
            return null;
        }

        return Changed(block) ?? act(block, step);
    }

    private string? Allocate(ProgramStep step)
    {
        nint address = step.Kind switch
        {
            StepKind.AllocateZeroed => _allocator.AllocateZeroed(step.Size),
            StepKind.AllocateAligned => _allocator.AllocateAligned(step.Size, step.Alignment),
            _ => _allocator.Allocate(step.Size),
        };
        if (address == 0)
        {
            return subject.MayRefuse(step.Size, step.Alignment) ? null : "it was refused though there is memory";
        }

        if (Admit(step.Block, address, step.Size, step.Alignment, out HeldBlock block) is { } wrong)
        {
            return wrong;
        }

        if (step.Kind == StepKind.AllocateZeroed && BlockBytes.FindNonZero(address, step.Size) is >= 0 and var at)
        {
            return $"byte {at} of a zeroed block is {((byte*)address)[at]}";
        }

        BlockBytes.Fill(block);
        return null;
    }

    private string? Reallocate(HeldBlock block, ProgramStep step)
    {
        nint address = _allocator.Reallocate(block.Address, step.Told ? block.Size : 0, step.Size, block.Alignment);
        if (address == 0)
        {
            return subject.MayRefuse(step.Size, block.Alignment) ? Changed(block) : "it was refused though there is memory";
        }

        _ = _live.Remove(step.Block);
        if (Admit(step.Block, address, step.Size, block.Alignment, out HeldBlock resized) is { } wrong)
        {
            return wrong;
        }

        if (BlockBytes.FindDifference(address, block, nuint.Min(block.Extent, step.Size)) is >= 0 and var at)
        {
            return $"byte {at} of {block.Size} was not kept when #{step.Block} was resized to {step.Size}";
        }

        BlockBytes.Fill(resized);
        return null;
    }

    private string? Free(HeldBlock block, ProgramStep step)
    {
        _allocator.Free(block.Address, step.Told ? block.Size : 0, block.Alignment);
        _ = _live.Remove(step.Block);
        _freed[step.Block] = block.Address;
        return null;
    }

    private string? FreeAgain(ProgramStep step)
    {
        // Where a new block stands meanwhile, nobody can tell the two apart; malloc cannot at all.
        if (subject.Pool is null || !_freed.TryGetValue(step.Block, out nint address) || _live.Values.Any(b => b.Address == address))
        {
            return null;
        }

        try
        {
            _allocator.Free(address, 0, 0);
            return $"#{step.Block} was freed a second time at 0x{address:x}, and nothing was said";
        }
        catch (MemoryViolationException e)
        {
            return e.Block == address ? null : $"the violation names 0x{e.Block:x}, not 0x{address:x}";
        }
    }

    private string? Look(HeldBlock block)
    {
        if (_allocator.KnowsSizes && _allocator.UsableSize(block.Address) != block.Extent)
        {
            return $"the usable size of a block became {_allocator.UsableSize(block.Address)}, it was {block.Extent}";
        }

        int local = 0;
        bool owns = _allocator.OwnerOf(block.Address) != AddressOwner.Foreign
            && _allocator.OwnerOf(block.Address + (nint)nuint.Max(block.Extent, 1) - 1) != AddressOwner.Foreign;
        return !owns ? $"the block at 0x{block.Address:x} is not the allocator's own"
            : _allocator.OwnerOf((nint)(&local)) == AddressOwner.Mine ? "the stack is said to be the allocator's"
            : null;
    }

    private string? Trim(ProgramStep step)
    {
        if (subject.Pool is not { } pool)
        {
            return null;
        }

        nuint before = pool.Arena.CommittedBytes;
        long given = pool.Trim((long)step.Size);
        nuint after = pool.Arena.CommittedBytes;
        nuint most = ((nuint)step.Size + 4095) & ~(nuint)4095;
        return given < 0 || (nuint)given > most ? $"{given} bytes were trimmed of a budget of {step.Size}"
            : after + (nuint)given > before ? $"{given} bytes were trimmed, but {before} committed bytes became {after}"
            : null;
    }

    private string? Admit(int id, nint address, nuint size, nuint alignment, out HeldBlock block)
    {
        nuint extent = _allocator.KnowsSizes ? _allocator.UsableSize(address) : size;
        block = new HeldBlock(address, size, alignment, extent, _seed = (_seed + 7919) & 0xFFFFF);
        if (subject.MustRefuse(size, alignment))
        {
            return $"{size} bytes at a multiple of {alignment} were granted, beyond the allocator's largest";
        }

        if (((nuint)address & (nuint.Max(alignment, 16) - 1)) != 0)
        {
            return $"0x{address:x} is no multiple of {nuint.Max(alignment, 16)}";
        }

        if (extent < size)
        {
            return $"of {size} bytes only {extent} may be used";
        }

        if (_live.FirstOrDefault(pair => pair.Value.Overlaps(address, extent)) is { Value: { } other } pair)
        {
            return $"0x{address:x} of {extent} bytes overlaps #{pair.Key} at 0x{other.Address:x} of {other.Extent}";
        }

        _live.Add(id, block);
        return null;
    }

    private static string? Changed(HeldBlock block) =>
        BlockBytes.FindDifference(block.Address, block, block.Extent) is >= 0 and var at
            ? $"byte {at} of the {block.Extent} at 0x{block.Address:x} changed"
            : null;
}
