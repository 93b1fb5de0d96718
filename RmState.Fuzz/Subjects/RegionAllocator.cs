using System.Numerics;
using Rm.Memory;

namespace Rm.Fuzz.Subjects;

/// <summary>
/// An allocator that knows every block it handed out: it notices a block freed twice, never or with the wrong size, and can
/// be told to have no memory. Freed blocks come back first, so addresses are reused at once.
/// </summary>
internal sealed unsafe class RegionAllocator(nint region, bool knowsSizes) : INativeAllocator
{
    /// <summary>Larger requests meet "no memory".</summary>
    public const long LargestBlock = 1 << 20;

    private const int Classes = 17;

    private readonly Dictionary<nint, (long Size, long Alignment)> _blocks = [];
    private readonly Stack<nint>?[] _free = new Stack<nint>?[Classes];
    private nint _next = region + 4096;
    private int _failAfter;

    public bool KnowsSizes => knowsSizes;

    public int LiveBlocks => _blocks.Count;

    /// <summary>Whether a call since <see cref="BeginStep"/> found no memory.</summary>
    public bool Failed { get; private set; }

    /// <summary>The first misuse of this allocator, if any.</summary>
    public string? Misuse { get; private set; }

    /// <summary>Called once at the next allocation, as a badly written allocator would call back.</summary>
    public Action? Intrusion { get; set; }

    public void BeginStep() => Failed = false;

    /// <summary>Lets the <paramref name="calls"/>-th call from now find no memory; 0 for none.</summary>
    public void FailAfter(int calls) => _failAfter = calls;

    /// <summary>The address the next allocation of this size gets, or 0 if it is a fresh one.</summary>
    public nint Peek(long size) => size <= LargestBlock && _free[ClassOf(size, 16)] is { Count: > 0 } free ? free.Peek() : 0;

    public bool Owns(nint block) => _blocks.ContainsKey(block);

    public nint Allocate(nuint size) => Take(size, 0);

    public nint AllocateZeroed(nuint size)
    {
        nint block = Take(size, 0);
        if (block != 0)
        {
            new Span<byte>((void*)block, (int)size).Clear();
        }

        return block;
    }

    public nint AllocateAligned(nuint size, nuint alignment) => Take(size, alignment);

    public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment)
    {
        CheckFree(block, oldSize, alignment, "reallocated");
        if (!_blocks.TryGetValue(block, out (long Size, long Alignment) old))
        {
            return 0;
        }

        nint moved = Take(newSize, (nuint)old.Alignment);
        if (moved == 0)
        {
            return 0;
        }

        int kept = (int)Math.Min(old.Size, (long)newSize);
        new Span<byte>((void*)block, kept).CopyTo(new Span<byte>((void*)moved, kept));
        Return(block, old);
        return moved;
    }

    public void Free(nint block, nuint size, nuint alignment)
    {
        CheckFree(block, size, alignment, "freed");
        if (_blocks.TryGetValue(block, out (long Size, long Alignment) known))
        {
            Return(block, known);
        }
    }

    /// <summary>Frees a block that its owner got back from the state.</summary>
    public void FreeByOwner(nint block)
    {
        if (_blocks.TryGetValue(block, out (long Size, long Alignment) known))
        {
            Return(block, known);
        }
        else
        {
            Misuse ??= $"0x{block:x} was freed while it belonged to somebody else";
        }
    }

    /// <summary>Makes the block freed last a block again.</summary>
    public void TakeBack(nint block, long size)
    {
        if (_free[ClassOf(size, 16)]!.Pop() != block)
        {
            Misuse ??= $"0x{block:x} was not freed last";
        }

        _blocks.Add(block, (size, 0));
    }

    public nuint UsableSize(nint block)
    {
        if (_blocks.TryGetValue(block, out (long Size, long Alignment) known))
        {
            return (nuint)known.Size;
        }

        Misuse ??= $"the size of 0x{block:x} was asked for, which is no block";
        return 0;
    }

    public AddressOwner OwnerOf(nint address) =>
        address >= region && address < region + FixedRegion.Size ? AddressOwner.Mine : AddressOwner.Foreign;

    private void CheckFree(nint block, nuint size, nuint alignment, string what)
    {
        if (!_blocks.TryGetValue(block, out (long Size, long Alignment) known))
        {
            Misuse ??= $"0x{block:x} was {what}, which is no block (any more)";
        }
        else if ((size != 0 && (long)size != known.Size) || (long)alignment != known.Alignment)
        {
            Misuse ??= $"0x{block:x} was {what} as {size} bytes aligned to {alignment}, and has {known.Size} aligned to {known.Alignment}";
        }
    }

    private nint Take(nuint size, nuint alignment)
    {
        if (Intrusion is { } intrusion)
        {
            Intrusion = null;
            intrusion();
        }

        if ((_failAfter > 0 && --_failAfter == 0) || size > LargestBlock || alignment > LargestBlock)
        {
            Failed = true;
            return 0;
        }

        int sizeClass = ClassOf((long)size, Math.Max((long)alignment, 16));
        nint block = _free[sizeClass] is { Count: > 0 } free ? free.Pop() : Fresh(16L << sizeClass);
        if (block == 0)
        {
            Failed = true;
            return 0;
        }

        _blocks.Add(block, ((long)size, (long)alignment));
        return block;
    }

    // Blocks of one class are aligned to its size, up to a page, and classes fit both size and alignment.
    private nint Fresh(long size)
    {
        long alignment = size;
        nint block = (nint)(((long)_next + alignment - 1) & -alignment);
        if (block + size > region + FixedRegion.Size)
        {
            return 0;
        }

        _next = (nint)(block + size);
        return block;
    }

    private void Return(nint block, (long Size, long Alignment) known)
    {
        _blocks.Remove(block);
        new Span<byte>((void*)block, (int)Math.Min(known.Size, 64)).Fill(0xDD);
        (_free[ClassOf(known.Size, Math.Max(known.Alignment, 16))] ??= []).Push(block);
    }

    private static int ClassOf(long size, long alignment) =>
        BitOperations.Log2((ulong)Math.Max(Math.Max(size, alignment), 16) - 1) + 1 - 4;
}
