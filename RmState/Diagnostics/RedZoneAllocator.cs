using System.Runtime.InteropServices;
using Rm.Memory;
using Rm.Violations;

namespace Rm.Diagnostics;

/// <summary>
/// An allocator that puts a zone of known bytes before and behind each block of another one, and keeps freed blocks for a while, filled
/// with known bytes: the cheap way to find who writes past a block or after its free. It finds out later than a
/// <see cref="GuardedAllocator"/>, when a block is freed, leaves the quarantine or <see cref="Verify"/> looks, and sees no reads.
/// </summary>
/// <remarks>
/// <para>Thread-safe, by a lock; the inner allocator is called inside it. Allocating and freeing cost a look into a table of all
/// blocks, filling the zones and filling the freed block. Sizes are known exactly.</para>
/// <para>Every block of it is known: freeing anything else is a violation. Dispose it after the states over it; it has no
/// finalizer.</para>
/// </remarks>
public sealed unsafe partial class RedZoneAllocator : INativeAllocator, IDisposable
{
    private const nuint DefaultAlignment = 16;

    private readonly Lock _lock = new();
    private readonly INativeAllocator _inner;
    private readonly nuint _zone;
    private readonly nuint _quarantineBytes;
    private readonly Dictionary<nint, RedZoneBlock> _blocks = [];

    // A ring of fixed length: freeing needs no memory.
    private readonly nint[] _quarantine;
    private int _oldest;
    private int _waiting;
    private nuint _waitingBytes;
    private nuint _liveBytes;
    private nuint _zoneBytes;
    private bool _disposed;

    /// <summary>Makes an allocator over malloc.</summary>
    public RedZoneAllocator()
        : this(new RedZoneAllocatorOptions())
    {
    }

    /// <summary>Makes an allocator.</summary>
    /// <param name="options">How; read once.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public RedZoneAllocator(RedZoneAllocatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _inner = options.Inner ?? new MallocAllocator();
        _zone = (nuint)options.ZoneBytes;
        _quarantineBytes = options.QuarantineBytes;
        _quarantine = new nint[options.QuarantineBlocks];
    }

    /// <summary>True: each block's size is kept.</summary>
    public bool KnowsSizes => true;

    /// <summary>True: the lock is held while the inner allocator works.</summary>
    public bool IsThreadSafe => true;

    /// <summary>What is held. O(1).</summary>
    public RedZoneAllocatorStatistics Statistics
    {
        get
        {
            lock (_lock)
            {
                return new RedZoneAllocatorStatistics(_blocks.Count - _waiting, _liveBytes, _waiting, _waitingBytes, _zoneBytes);
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    public nint Allocate(nuint size) => Take(size, 0, zeroed: false);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    public nint AllocateZeroed(nuint size) => Take(size, 0, zeroed: true);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    public nint AllocateAligned(nuint size, nuint alignment) => Take(size, alignment, zeroed: false);

    /// <summary>Resizes a block. It always moves, so that stale pointers meet a freed block.</summary>
    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="MemoryViolationException">As <see cref="Free"/>.</exception>
    public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment)
    {
        lock (_lock)
        {
            RedZoneBlock old = FindLive(block, nameof(Reallocate));
            CheckBeforeFree(old, nameof(Reallocate));
            nint moved = Take(newSize, alignment, zeroed: false);
            if (moved != 0)
            {
                NativeMemory.Copy((void*)block, (void*)moved, nuint.Min(old.Size, newSize));
                Retire(old);
            }

            return moved;
        }
    }

    /// <summary>Frees a block: fills it with known bytes and lets it wait, for which the blocks that waited longest go. O(size).</summary>
    /// <param name="block">A block of this allocator.</param>
    /// <param name="size">Not needed.</param>
    /// <param name="alignment">Not needed.</param>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="OverrunException">
    /// Somebody wrote beside the block, or into one that leaves the quarantine for it. Nothing changed; of the latter it is said
    /// once, and the next call goes on.
    /// </exception>
    /// <exception cref="DoubleFreeException">The block is in quarantine.</exception>
    /// <exception cref="ForeignBlockException">There is no such block, or no longer.</exception>
    public void Free(nint block, nuint size, nuint alignment)
    {
        lock (_lock)
        {
            RedZoneBlock freed = FindLive(block, nameof(Free));
            CheckBeforeFree(freed, nameof(Free));
            Retire(freed);
        }
    }

    /// <summary>The size that a block was asked for; 0 for what is no live block.</summary>
    /// <inheritdoc/>
    public nuint UsableSize(nint block)
    {
        lock (_lock)
        {
            return _blocks.TryGetValue(block, out RedZoneBlock known) && !known.IsFreed ? known.Size : 0;
        }
    }

    /// <summary>A block's own address is known, and what the inner allocator says of any other.</summary>
    /// <inheritdoc/>
    public AddressOwner OwnerOf(nint address)
    {
        lock (_lock)
        {
            return _blocks.ContainsKey(address) ? AddressOwner.Mine : _inner.OwnerOf(address);
        }
    }

    /// <summary>Checks the zones of every block and the bytes of those in quarantine. O(blocks and their zones, bytes in quarantine).</summary>
    /// <exception cref="ObjectDisposedException">The allocator is disposed.</exception>
    /// <exception cref="OverrunException">Somebody wrote beside a block or into a freed one.</exception>
    public void Verify()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            foreach (RedZoneBlock block in _blocks.Values)
            {
                block.Check(nameof(Verify));
            }
        }
    }

    /// <summary>Frees every block, live ones too, without a check.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (RedZoneBlock block in _blocks.Values)
            {
                _inner.Free(block.Inner, block.InnerBytes, block.Alignment);
            }

            _blocks.Clear();
            (_waiting, _waitingBytes, _liveBytes, _zoneBytes) = (0, 0, 0, 0);
        }
    }
}
