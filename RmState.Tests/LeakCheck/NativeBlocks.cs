using System.Runtime.InteropServices;

namespace Rm.Tests.LeakCheck;

/// <summary>Native blocks that belong to a test: each must be freed exactly once, through one of the deallocators here.</summary>
internal sealed unsafe class NativeBlocks
{
    // A deallocator without a context has no other way to find the test it works for.
    [ThreadStatic]
    private static NativeBlocks? _current;

    private readonly HashSet<nint> _live = [];
    private readonly List<nint> _wrong = [];
    private readonly List<nint> _freed = [];

    /// <summary>What was freed, in order.</summary>
    public IReadOnlyList<nint> Freed => _freed;

    /// <summary>Blocks not yet freed.</summary>
    public int Live => _live.Count;

    public nint Malloc(nuint size = 64)
    {
        _current = this;
        nint block = (nint)NativeMemory.Alloc(size);
        _live.Add(block);
        return block;
    }

    public bool IsLive(nint block) => _live.Contains(block);

    /// <summary>The managed deallocator.</summary>
    public void Free(nint block)
    {
        _freed.Add(block);
        if (!_live.Remove(block))
        {
            _wrong.Add(block);
            return;
        }

        NativeMemory.Free((void*)block);
    }

    [UnmanagedCallersOnly]
    public static void FreeWithContext(void* block, void* context) =>
        ((NativeBlocks)GCHandle.FromIntPtr((nint)context).Target!).Free((nint)block);

    [UnmanagedCallersOnly]
    public static void FreeOfCurrent(void* block) => _current!.Free((nint)block);

    public string? Complaint() => (_live.Count, _wrong.Count) switch
    {
        (0, 0) => null,
        _ => $"{_live.Count} native blocks of the test were not freed, {_wrong.Count} were freed twice or never allocated",
    };
}
