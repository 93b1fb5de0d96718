using System.Diagnostics;
using Rm.Violations;

namespace Rm.Arenas;

/// <summary>
/// Hands out elements of one size from blocks of many: balloc's <c>Heap</c>, ratbox's <c>rb_bh</c>, the Memory Pool System's MFS pool
/// class. A block without an element in use goes back as a whole, and free pages inside the others go back with <see cref="Trim"/>.
/// </summary>
/// <remarks>
/// <para>Thread rule: one thread at a time, with hand-over between uses; overlap is detected, best effort. Alloc and Free are O(1) in
/// elements and in blocks; a call that has to ask the arena takes its lock.</para>
/// <para>An element costs one byte of metadata, which lies apart: there is nothing before or behind an element that an overrun could
/// change, and freeing twice, a foreign pointer and one into the middle of an element are always noticed.</para>
/// <para>As an <see cref="Memory.INativeAllocator"/> it serves sizes up to <see cref="ElementSize"/> with an element each, and has no
/// memory for larger ones: <c>new RmState(new() { Allocator = heap })</c> counts references to elements.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed unsafe partial class BlockHeap : Pool
{
    private const nuint LargestBlock = 1 << 30;
    private const int Number = 1;

    private readonly SlabStore _store;
    private readonly HeapTables* _tables;
    private readonly ClassCache* _cache;
    private readonly PassedBlocks? _passed;
    private readonly Action<BlockHeap>? _onLeak;
    private readonly ushort _tag;
    private readonly bool _ownsArena;
    private readonly int _keepEmpty;

    // What Alloc clears; 0 where contents are undefined.
    private readonly nuint _cleared;
    private bool _disposed;
    private long _leakTold = -1;

    private BlockHeap(nuint elementSize, int elementsPerBlock, BlockHeapOptions options, Arena arena)
        : base(arena, options.Name)
    {
        Alignment = AlignmentFor(elementSize, options);
        ElementSize = elementSize;
        ElementsPerBlock = elementsPerBlock;
        Zeroed = options.Zeroed;
        _keepEmpty = options.KeepEmptyBlocks;
        _onLeak = options.OnLeak;
        _ownsArena = options.Arena is null;
        nuint stride = StrideOf(elementSize, Alignment);
        _cleared = Zeroed ? stride : 0;
        int granules = (int)Granule.CountFor((nuint)elementsPerBlock * stride);

        // The short way takes any multiple of the stride in a granule for an element.
        bool fillsGranule = granules == 1 && Granule.Bytes / (int)stride <= elementsPerBlock;
        int capacity = MagazineCapacity(stride, elementsPerBlock);
        _tag = arena.Register(this);
        try
        {
            _store = new SlabStore(arena, _tag, Number, capacity, _keepEmpty);
            _tables = _store.Tables;
            _cache = HeapTables.CacheAt(_tables, Number);
            _store.Define(Number, stride, elementsPerBlock, granules, capacity, (byte)(fillsGranule ? Number : PageEntry.CustomClass));
            _passed = arena.IsPassThrough ? new PassedBlocks(this) : null;
            if (_passed is null && !_store.TryOpenSlab(_cache))
            {
                _store.Close();
                throw NoMemory.For($"the first block of {NameForMessages}, {elementsPerBlock} elements of {elementSize} bytes");
            }
        }
        catch
        {
            arena.Unregister(_tag);
            throw;
        }
    }

    /// <summary>Makes a heap with one block, all of whose elements are free. Mirrors <c>ballocHeapCreate</c> and <c>rb_bh_create</c>.</summary>
    /// <param name="elementSize">Bytes of an element, 1 or more.</param>
    /// <param name="elementsPerBlock">Elements of a block, 1 or more; a block has at most 1 GiB. A block takes whole granules of 64 KiB of
    /// address space, but only the memory its elements need.</param>
    /// <param name="options">How; null for the defaults. Not copied, but never changed either.</param>
    /// <returns>The heap.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size, a number or an option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the first block; nothing was changed.</exception>
    public static BlockHeap Create(nuint elementSize, int elementsPerBlock, BlockHeapOptions? options = null)
    {
        options ??= new BlockHeapOptions();
        options.Validate();
        if (elementSize is 0 or > LargestBlock)
        {
            throw new ArgumentOutOfRangeException(nameof(elementSize), (ulong)elementSize, $"An element has 1 to {LargestBlock} bytes.");
        }

        nuint stride = StrideOf(elementSize, AlignmentFor(elementSize, options));
        if (elementsPerBlock <= 0 || (nuint)elementsPerBlock > LargestBlock / stride)
        {
            throw new ArgumentOutOfRangeException(
                nameof(elementsPerBlock), elementsPerBlock, $"A block holds at least one element, and at most {LargestBlock} bytes of them.");
        }

        Arena arena = options.Arena ?? new Arena(new ArenaOptions { Name = options.Name });
        try
        {
            return new BlockHeap(elementSize, elementsPerBlock, options, arena);
        }
        catch when (options.Arena is null)
        {
            arena.Dispose();
            throw;
        }
    }

    /// <summary>Makes a heap of typed elements.</summary>
    /// <typeparam name="T">The element; a type without references.</typeparam>
    /// <param name="elementsPerBlock">Elements of a block, 1 or more.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The heap.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number or an option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the first block; nothing was changed.</exception>
    public static BlockHeap<T> Create<T>(int elementsPerBlock, BlockHeapOptions? options = null)
        where T : unmanaged => new(Create((nuint)sizeof(T), elementsPerBlock, options));

    /// <summary>Bytes of an element that may be used.</summary>
    public nuint ElementSize { get; }

    /// <summary>Elements of a block.</summary>
    public int ElementsPerBlock { get; }

    /// <summary>Every element's address is a multiple of this.</summary>
    public nuint Alignment { get; }

    /// <summary>Whether elements are handed out with all bytes 0.</summary>
    public bool Zeroed { get; }

    /// <summary>Allocates an element. Mirrors <c>ballocHeapAlloc</c> and <c>rb_bh_alloc</c>.</summary>
    /// <returns>The element, never null; its bytes are 0 where <see cref="Zeroed"/> says so, else undefined.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory or the commit limit is reached, also after a trim; nothing was changed.</exception>
    /// <exception cref="ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>No lock, no system call and no call into native code where an element is at hand. The lowest elements of the fullest
    /// block come first, what was freed last before all.</remarks>
    public nint Alloc()
    {
        nint element = Pop(_cleared);
        return element != 0 ? element : AllocElsewhere();
    }

    /// <summary>Allocates an element if there is memory.</summary>
    /// <param name="element">The element; 0 when the result is false.</param>
    /// <returns>False, and nothing changed, when there is no memory or the commit limit is reached.</returns>
    /// <exception cref="ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>As <see cref="Alloc"/>.</remarks>
    public bool TryAlloc(out nint element)
    {
        element = Pop(_cleared);
        if (element == 0)
        {
            element = Take(_cleared);
        }

        return element != 0;
    }

    /// <summary>Frees an element. Needs no memory. Mirrors <c>ballocHeapFree</c> and <c>rb_bh_free</c>.</summary>
    /// <param name="element">An element of this heap.</param>
    /// <exception cref="ArgumentNullException"><paramref name="element"/> is null.</exception>
    /// <exception cref="DoubleFreeException">The element is free already.</exception>
    /// <exception cref="MisalignedPointerException">No element begins at the address.</exception>
    /// <exception cref="ForeignBlockException">The pointer is not into memory of this heap.</exception>
    /// <exception cref="ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>The contents stay until the element is handed out again; its block goes back to the arena when it is empty and more than
    /// <see cref="BlockHeapOptions.KeepEmptyBlocks"/> are. A few elements (64 at most) are kept at hand and hold their blocks meanwhile.</remarks>
    public void Free(nint element)
    {
        HeapTables* tables = _tables;
        long operations = tables->Operations;
        if ((operations & 1) == 0)
        {
            tables->Operations = operations + 1;
            ulong entry = HeapTables.EntryOf(tables, element);
            uint reciprocal = HeapTables.ReciprocalOf(tables, entry);
            ulong place = HeapTables.PlaceOf(element, reciprocal);
            if ((uint)place < reciprocal && entry >> PageEntry.TagShift == 0)
            {
                byte* mark = HeapTables.MarkAt(entry, place);
                ClassCache* cache = _cache;
                MagazineEntry* top = cache->Top;
                if (*mark == Mark.Live && top != cache->Limit)
                {
                    *mark = Mark.Cached;
                    top->Block = element;
                    top->Mark = mark;
                    cache->Top = top + 1;
                    tables->Operations = operations + 2;
                    GC.KeepAlive(this);
                    return;
                }
            }

            tables->Operations = operations;
        }

        FreeInBlock(element);
    }

    /// <summary>Name, elements and blocks.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => _disposed
        ? $"BlockHeap '{Name ?? "unnamed"}', disposed"
        : $"BlockHeap '{Name ?? "unnamed"}', {Usage.LiveBlocks} elements of {ElementSize} bytes live, {Blocks} blocks of {ElementsPerBlock}";

    private static nuint AlignmentFor(nuint elementSize, BlockHeapOptions options)
    {
        const nuint small = 8;
        const nuint natural = 16;
        return options.Alignment != 0 ? options.Alignment : elementSize < natural ? small : natural;
    }

    // Elements lie at least two bytes apart: see the reciprocal of a slab.
    private static nuint StrideOf(nuint elementSize, nuint alignment) => nuint.Max((elementSize + alignment - 1) & ~(alignment - 1), 2);

    private static int MagazineCapacity(nuint stride, int elementsPerBlock)
    {
        const nuint bytesAtHand = 16 * 1024;
        const int most = 64;
        return (int)nuint.Clamp(bytesAtHand / stride, 1, (nuint)Math.Min(most, elementsPerBlock));
    }
}
