using Rm.Memory;
using Rm.Violations;

namespace Rm.Diagnostics;

/// <summary>
/// An allocator that gives a block pages of its own, with inaccessible ones around them: an access past the block's end (or before
/// its start, see <see cref="GuardedAllocatorOptions.GuardBefore"/>) or after its free is a fault at that very instruction. What
/// alignment leaves between block and page is filled and checked when the block is freed. Freed blocks stay inaccessible until their
/// place in the quarantine is needed, the oldest first.
/// </summary>
/// <remarks>
/// <para>Thread-safe, by a lock around its own table; <see cref="GuardedAllocatorOptions.Inner"/> is called outside it and must be
/// thread-safe if this is used so. A block that is not drawn costs an atomic decrement and a call of the inner allocator.</para>
/// <para>A guarded block takes at least a page of memory while it lives, and address space until it leaves the quarantine. Guarding
/// or freeing one is a few system calls. Where the system refuses, the block comes from the inner allocator: an allocation does not
/// fail because of the guards.</para>
/// <para>A fault ends the process: what the blocks were shows <see cref="GuardedAllocatorOptions.MapFile"/>, read by
/// <c>rmstate explain</c>. Dispose it after the states over it; it has no finalizer.</para>
/// </remarks>
public sealed unsafe partial class GuardedAllocator : INativeAllocator, ISiteAware, IDisposable
{
    private readonly Lock _lock = new();
    private readonly INativeAllocator _inner;
    private readonly IVirtualMemory _memory;
    private readonly nuint _page;
    private readonly bool _guardBefore;
    private readonly GuardedBlockTable _blocks;
    private readonly GuardMapWriter? _map;
    private volatile bool _disposed;

    /// <summary>Makes an allocator that guards every block.</summary>
    public GuardedAllocator()
        : this(new GuardedAllocatorOptions())
    {
    }

    /// <summary>Makes an allocator.</summary>
    /// <param name="options">How; read once.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ArgumentException">The map file's name is empty.</exception>
    /// <exception cref="IOException">The map file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The map file may not be made.</exception>
    public GuardedAllocator(GuardedAllocatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _inner = options.Inner ?? new MallocAllocator();
        _memory = options.Memory ?? new SystemVirtualMemory();
        _page = _memory.PageSize;
        _guardBefore = options.GuardBefore;
        _blocks = new GuardedBlockTable(options.MaxBlocks);
        _sampleOneIn = options.SampleOneIn;
        _random = options.Seed is { } seed ? new Random(seed) : new Random();
        _untilGuarded = _drawn = _sampleOneIn == 1 ? 0 : DrawGap();
        _map = options.MapFile is { } file ? new GuardMapWriter(file, options.MaxBlocks, _page) : null;
    }

    /// <summary>Whether the inner allocator knows sizes: its blocks are among those of this one.</summary>
    public bool KnowsSizes => _inner.KnowsSizes;

    /// <summary>Whether the inner allocator is thread-safe.</summary>
    public bool IsThreadSafe => _inner.IsThreadSafe;

    /// <summary>What happened so far and what is held. O(1).</summary>
    public GuardedAllocatorStatistics Statistics
    {
        get
        {
            lock (_lock)
            {
                return new GuardedAllocatorStatistics(
                    _guarded,
                    _blocks.Count - _blocks.Quarantined,
                    _blocks.Quarantined,
                    _sampleOneIn == 1 ? 0 : _drawn - Volatile.Read(ref _untilGuarded) - _chosen,
                    _overflowed,
                    _bytesReserved);
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    public nint Allocate(nuint size) => Guard(size, 0) is var block and not 0 ? block : _inner.Allocate(size);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    public nint AllocateZeroed(nuint size) => Guard(size, 0) is var block and not 0 ? block : _inner.AllocateZeroed(size);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    public nint AllocateAligned(nuint size, nuint alignment) =>
        Guard(size, alignment) is var block and not 0 ? block : _inner.AllocateAligned(size, alignment);

    /// <summary>
    /// Resizes a block. A guarded one always moves, and its old place goes into quarantine, so that stale pointers fault; the new
    /// one is drawn anew. A block that is not guarded stays so.
    /// </summary>
    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="MemoryViolationException">As <see cref="Free"/>.</exception>
    public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment)
    {
        ThrowIfUnusable(block, nameof(Reallocate));
        nuint? guardedSize = null;
        if (MayBeGuarded(block))
        {
            lock (_lock)
            {
                GuardedBlock? guarded = FindLive(block, nameof(Reallocate));
                guarded?.Check(nameof(Reallocate));
                guardedSize = guarded?.Size;
            }
        }

        if (guardedSize is not { } size)
        {
            ThrowIfForeign(block, nameof(Reallocate));
            return _inner.Reallocate(block, oldSize, newSize, alignment);
        }

        nint moved = alignment == 0 ? Allocate(newSize) : AllocateAligned(newSize, alignment);
        if (moved != 0)
        {
            Buffer.MemoryCopy((void*)block, (void*)moved, newSize, nuint.Min(size, newSize));
            Free(block, oldSize, alignment);
        }

        return moved;
    }

    /// <summary>Frees a block. A guarded one becomes inaccessible and goes into quarantine; O(log n) and a system call.</summary>
    /// <param name="block">A block of this allocator.</param>
    /// <param name="size">The size it was allocated with; 0 when the caller does not know it.</param>
    /// <param name="alignment">The alignment it was allocated with; 0 for the default one.</param>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="OverrunException">Somebody wrote beside the block. It stays allocated.</exception>
    /// <exception cref="DoubleFreeException">The block is in quarantine.</exception>
    /// <exception cref="MisalignedPointerException">The address lies among the pages of a guarded block, not at its start.</exception>
    /// <exception cref="ForeignBlockException">
    /// The address is no guarded block's, and every block of this allocator was guarded, or the inner allocator says it is not its own.
    /// </exception>
    public void Free(nint block, nuint size, nuint alignment)
    {
        ThrowIfUnusable(block, nameof(Free));
        if (MayBeGuarded(block))
        {
            lock (_lock)
            {
                if (FindLive(block, nameof(Free)) is { } guarded)
                {
                    guarded.Check(nameof(Free));
                    Close(guarded);
                    return;
                }
            }
        }

        ThrowIfForeign(block, nameof(Free));
        _inner.Free(block, size, alignment);
    }

    /// <inheritdoc/>
    public nuint UsableSize(nint block)
    {
        if (MayBeGuarded(block))
        {
            lock (_lock)
            {
                if (_blocks.Find(block) is { IsFreed: false } guarded && guarded.Address == block)
                {
                    return guarded.Size;
                }
            }
        }

        return _inner.UsableSize(block);
    }

    /// <summary>Whether an address lies among the pages of a guarded or quarantined block; otherwise the inner allocator answers.</summary>
    /// <inheritdoc/>
    public AddressOwner OwnerOf(nint address)
    {
        if (MayBeGuarded(address))
        {
            lock (_lock)
            {
                if (_blocks.Find(address) is not null)
                {
                    return AddressOwner.Mine;
                }
            }
        }

        return _inner.OwnerOf(address);
    }

    /// <summary>Notes where a guarded block was allocated, for messages and the map file. Of other blocks nothing is kept.</summary>
    /// <param name="block">A block of this allocator.</param>
    /// <param name="file">The source file; of a path the last part is shown.</param>
    /// <param name="line">The line in it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="file"/> is null.</exception>
    public void NoteSite(nint block, string file, int line)
    {
        ArgumentNullException.ThrowIfNull(file);
        NoteSite(block, freed: false, file, line);
    }

    void ISiteAware.NoteSite(nint block, bool freed, string file, int line) => NoteSite(block, freed, file, line);

    /// <summary>Checks the bytes beside every live guarded block. O(blocks), up to a page each.</summary>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    /// <exception cref="OverrunException">Somebody wrote beside a block.</exception>
    public void Verify()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            foreach (GuardedBlock block in _blocks.All)
            {
                if (!block.IsFreed)
                {
                    block.Check(nameof(Verify));
                }
            }
        }
    }

    /// <summary>
    /// Frees every guarded block, live ones too, ends the quarantine and deletes the map file. Blocks that were not guarded are the
    /// inner allocator's.
    /// </summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            while (RecycleOldest())
            {
            }

            while (_blocks.Count > 0)
            {
                Remove(_blocks.All[^1]);
            }

            _map?.Dispose();
        }
    }
}
