using System.Diagnostics;
using System.Runtime.CompilerServices;
using Rm.Memory;
using Rm.Violations;

namespace Rm.Arenas;

/// <summary>
/// A general allocator over an arena: any size, any alignment, every misuse detected. Made by <see cref="Arena.CreateHeap"/>; give it
/// to a state, <c>new RmState(new() { Allocator = arena.CreateHeap() })</c>, or use it as it is.
/// </summary>
/// <remarks>
/// <para>Thread rule: one thread at a time, with hand-over between uses; overlap is detected, best effort. O(1); a call that has to ask
/// the arena takes its lock.</para>
/// <para>A block is at most 1/8 larger than asked for above 128 bytes, a multiple of 16 below, and costs one byte of metadata, which
/// lies apart: there is nothing before or behind a block that an overrun could change. From 1 MiB on a block has a mapping of its own.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed unsafe partial class SizeClassHeap : Pool, INativeAllocator
{
    private readonly SlabStore _store;
    private readonly HeapTables* _tables;
    private readonly ushort _tag;
    private bool _disposed;

    internal SizeClassHeap(Arena arena, string? name)
        : base(arena, name)
    {
        _tag = arena.Register(this);
        try
        {
            int entries = 0;
            for (int number = 1; number <= SizeClasses.CountInGranule; number++)
            {
                entries += MagazineCapacity(SizeClasses.SizeOf(number));
            }

            _store = new SlabStore(arena, _tag, SizeClasses.CountInGranule, entries, keepEmpty: 0);
        }
        catch
        {
            arena.Unregister(_tag);
            throw;
        }

        _tables = _store.Tables;
        for (int number = 1; number <= SizeClasses.CountInGranule; number++)
        {
            Define(number, SizeClasses.SizeOf(number));
        }

        for (nuint size = 0; size <= SizeClasses.LargestInTable; size += 16)
        {
            _tables->CacheOffsets[size / 16] = (ushort)(HeapTables.Bytes + ((arena.IsPassThrough ? 0 : SizeClasses.Of(size)) * ClassCache.Bytes));
        }

        _passed = arena.IsPassThrough ? new PassedBlocks(this) : null;
    }

    /// <inheritdoc/>
    public override bool IsDisposed => _disposed;

    /// <summary>True: the heap's own metadata tells a block's size.</summary>
    public bool KnowsSizes => true;

    /// <inheritdoc/>
    public override PoolUsage Usage
    {
        get
        {
            if (_passed is not null || _disposed)
            {
                return _passed?.Usage ?? default;
            }

            PoolUsage slabs = _store.Usage;
            return slabs with
            {
                LiveBlocks = slabs.LiveBlocks + _singleBlocks,
                LiveBytes = slabs.LiveBytes + _singleBytes,
                FreeBytes = slabs.FreeBytes + _keptRunBytes,
                CommittedBytes = slabs.CommittedBytes + _singleBytes + _keptRunBytes,
                Slabs = slabs.Slabs + _singleBlocks + _keptRunCount,
            };
        }
    }

    /// <summary>Allocates a block. A size of 0 gives a unique, non-null block.</summary>
    /// <param name="size">Bytes, any value.</param>
    /// <returns>The block, aligned to at least 16 bytes, its contents undefined; 0 when there is no memory or the commit limit is reached.</returns>
    /// <exception cref="ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>No lock, no system call and no call into native code where a block of the size is at hand.</remarks>
    public nint Allocate(nuint size)
    {
        HeapTables* tables = _tables;
        long operations = tables->Operations;
        if (size <= SizeClasses.LargestInTable && (operations & 1) == 0)
        {
            tables->Operations = operations + 1;
            ClassCache* cache = HeapTables.SmallCache(tables, size);
            MagazineEntry* top = cache->Top;
            if (top != cache->Bottom)
            {
                cache->Top = --top;
                *top->Mark = Mark.Live;
                tables->Operations = operations + 2;
                return top->Block;
            }

            tables->Operations = operations;
        }

        return Take(size, 0, zeroed: false, Mark.Live);
    }

    /// <summary>Allocates a block whose bytes are all 0, without clearing what is known to be zero.</summary>
    /// <param name="size">Bytes, any value.</param>
    /// <returns>The block; 0 when there is no memory or the commit limit is reached.</returns>
    /// <exception cref="ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public nint AllocateZeroed(nuint size) => Take(size, 0, zeroed: true, Mark.Live);

    /// <summary>Allocates a block at a multiple of an alignment.</summary>
    /// <param name="size">Bytes, any value.</param>
    /// <param name="alignment">A power of two.</param>
    /// <returns>The block, its contents undefined; 0 when there is no memory or the commit limit is reached.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alignment"/> is not a power of two.</exception>
    /// <exception cref="ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public nint AllocateAligned(nuint size, nuint alignment) =>
        nuint.IsPow2(alignment)
            ? Take(size, alignment, zeroed: false, Mark.Live)
            : throw new ArgumentOutOfRangeException(nameof(alignment), (ulong)alignment, "An alignment is a power of two.");

    /// <summary>Frees a block. Needs no memory.</summary>
    /// <param name="block">A block of this heap.</param>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="DoubleFreeException">The block is free already.</exception>
    /// <exception cref="MisalignedPointerException">The pointer points inside a block.</exception>
    /// <exception cref="ForeignBlockException">The pointer is not into memory of this heap.</exception>
    /// <exception cref="CountedBlockException">A state counts the block.</exception>
    /// <exception cref="ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public void Free(nint block)
    {
        HeapTables* tables = _tables;
        long operations = tables->Operations;
        if ((operations & 1) == 0)
        {
            tables->Operations = operations + 1;
            ulong entry = HeapTables.EntryOf(tables, block);
            uint reciprocal = HeapTables.ReciprocalOf(tables, entry);
            ulong place = HeapTables.PlaceOf(block, reciprocal);
            if ((uint)place < reciprocal && entry >> PageEntry.TagShift == 0)
            {
                byte* mark = HeapTables.MarkAt(entry, place);
                ClassCache* cache = HeapTables.CacheOf(tables, entry);
                MagazineEntry* top = cache->Top;
                if (*mark == Mark.Live && top != cache->Limit)
                {
                    *mark = Mark.Cached;
                    top->Block = block;
                    top->Mark = mark;
                    cache->Top = top + 1;
                    tables->Operations = operations + 2;
                    return;
                }
            }

            tables->Operations = operations;
        }

        FreeElsewhere(block, counted: false, nameof(Free));
    }

    /// <summary>As <see cref="Free(nint)"/>; the heap knows size and alignment itself.</summary>
    /// <param name="block">A block of this heap.</param>
    /// <param name="size">Not needed.</param>
    /// <param name="alignment">Not needed.</param>
    public void Free(nint block, nuint size, nuint alignment) => Free(block);

    /// <summary>The bytes of a block that may be used: the size of its class, at least what was asked for.</summary>
    /// <param name="block">A block of this heap.</param>
    /// <returns>Bytes; 0 when the heap has no such block.</returns>
    public nuint UsableSize(nint block) => TryUsableSize(block, out nuint size) ? size : 0;

    /// <summary>Whether an address, interior ones included, lies in memory of this heap. O(1).</summary>
    /// <param name="address">Any address.</param>
    /// <returns>Never <see cref="AddressOwner.Unknown"/>.</returns>
    public AddressOwner OwnerOf(nint address) => Contains(address) ? AddressOwner.Mine : AddressOwner.Foreign;

    /// <summary>Name, live blocks and bytes.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => _disposed
        ? $"SizeClassHeap '{Name ?? "unnamed"}', disposed"
        : $"SizeClassHeap '{Name ?? "unnamed"}', {Usage.LiveBlocks} blocks, {Usage.LiveBytes} bytes live";

    private static int MagazineCapacity(nuint stride)
    {
        const nuint bytesAtHand = 8 * 1024;
        const int least = 2;
        const int most = 64;
        return (int)nuint.Clamp(bytesAtHand / stride, least, most);
    }

    private void Define(int number, nuint stride) =>
        _store.Define(number, stride, (int)(Granule.Bytes / stride), 1, MagazineCapacity(stride), (byte)number);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HeapTables* Begin()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if ((_tables->Operations & 1) != 0)
        {
            throw new ConcurrentUseException(
                $"{NameForMessages} is in use already, by another thread: a heap belongs to one thread at a time; make one per thread.");
        }

        _tables->Operations++;
        return _tables;
    }

    private void End() => _tables->Operations++;
}
