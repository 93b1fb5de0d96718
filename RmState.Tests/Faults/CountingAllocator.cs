using Rm.Memory;

namespace Rm.Tests.Faults;

/// <summary>malloc that knows every block it gave out, checks what it is told when they come back, and fails on demand.</summary>
internal sealed class CountingAllocator(FaultPlan? faults = null, bool knowsSizes = false) : INativeAllocator
{
    private readonly MallocAllocator _inner = new();
    private readonly Dictionary<nint, (nuint Size, nuint Alignment)> _blocks = [];
    private readonly List<string> _misuses = [];

    public bool KnowsSizes => knowsSizes;

    public int Outstanding => _blocks.Count;

    public long Frees { get; private set; }

    /// <summary>Called inside each request for memory, before it is answered.</summary>
    public Action? OnRequest { get; set; }

    public bool Holds(nint block) => _blocks.ContainsKey(block);

    public nint Allocate(nuint size) => Refuses() ? 0 : Add(_inner.Allocate(size), size, 0);

    public nint AllocateZeroed(nuint size) => Refuses() ? 0 : Add(_inner.AllocateZeroed(size), size, 0);

    public nint AllocateAligned(nuint size, nuint alignment) =>
        Refuses() ? 0 : Add(_inner.AllocateAligned(size, alignment), size, alignment);

    public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment)
    {
        if (!Known(block, oldSize, alignment, "reallocated") || Refuses())
        {
            return 0;
        }

        nint moved = _inner.Reallocate(block, oldSize, newSize, alignment);
        if (moved != 0)
        {
            _blocks.Remove(block);
            Add(moved, newSize, alignment);
        }

        return moved;
    }

    public void Free(nint block, nuint size, nuint alignment)
    {
        Frees++;
        if (Known(block, size, alignment, "freed"))
        {
            _blocks.Remove(block);
            _inner.Free(block, size, alignment);
        }
    }

    public nuint UsableSize(nint block) => _blocks[block].Size;

    public AddressOwner OwnerOf(nint address) => AddressOwner.Unknown;

    /// <summary>Takes a block back that a test detached, or that its state gave up.</summary>
    public void FreeDetached(nint block)
    {
        (nuint size, nuint alignment) = _blocks[block];
        Free(block, size, alignment);
    }

    public string? Complaint() => (_blocks.Count, _misuses.Count) switch
    {
        (0, 0) => null,
        _ => $"{_blocks.Count} blocks of the allocator were not freed; misuses: {string.Join("; ", _misuses.DefaultIfEmpty("none"))}",
    };

    private bool Refuses()
    {
        OnRequest?.Invoke();
        return faults?.Refuses() ?? false;
    }

    private nint Add(nint block, nuint size, nuint alignment)
    {
        if (block != 0)
        {
            _blocks.Add(block, (size, alignment));
        }

        return block;
    }

    private bool Known(nint block, nuint size, nuint alignment, string what)
    {
        if (!_blocks.TryGetValue(block, out (nuint Size, nuint Alignment) known))
        {
            _misuses.Add($"0x{block:x} {what} but not held");
            return false;
        }

        if ((size != 0 && size != known.Size) || alignment != known.Alignment)
        {
            _misuses.Add($"0x{block:x} {what} as ({size}, {alignment}) but allocated as {known}");
        }

        return true;
    }
}
