using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Rm.Membufs;

namespace Rm.Interop;

/// <summary>
/// A <see cref="MemoryPool{T}"/> of membufs, for pipelines and everything else that rents memory: what is rented on one thread may be
/// disposed on any, and the pool knows at any time which owners live.
/// </summary>
/// <remarks>
/// <para>Every rent makes one <see cref="MembufOwner"/> on the GC heap, so that what was disposed can never be mistaken for the next rent; the
/// bytes come from the heap, and go back to it with the last reference.</para>
/// <para>Thread rule: every member may be called on any thread at any time. The heap is the caller's: the pool never disposes it.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class MembufMemoryPool : MemoryPool<byte>
{
    /// <summary>Bytes of a rent that asks for no size.</summary>
    public const int DefaultBufferSize = 4096;

    // A power of two.
    private const int Nearby = 256;

    private readonly Lock _gate = new();
    private readonly List<RentShelf> _shelves = [];
    private readonly RentShelf?[] _near = new RentShelf?[Nearby];
    private readonly Action<MembufPoolReport>? _onLeak;
    private volatile bool _disposed;

    /// <summary>Makes a pool over a heap.</summary>
    /// <param name="heap">Where the memory comes from; stays the caller's, and must outlive what is rented.</param>
    /// <param name="onLeak">Hears which owners live when the pool is disposed; null for nobody.</param>
    /// <exception cref="ArgumentNullException">The heap is null.</exception>
    public MembufMemoryPool(MembufHeap heap, Action<MembufPoolReport>? onLeak = null)
    {
        ArgumentNullException.ThrowIfNull(heap);
        Heap = heap;
        _onLeak = onLeak;
    }

    /// <summary>Where the memory comes from.</summary>
    public MembufHeap Heap { get; }

    /// <summary>The most bytes that can be rented at once: 2,147,483,647.</summary>
    public override int MaxBufferSize => int.MaxValue;

    /// <summary>How many owners live, as of a moment ago while other threads rent and dispose. O(the most that ever lived).</summary>
    public int Rented => Living().Count;

    /// <summary>Whether the pool is disposed.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>How many threads have owners noted apart; a new thread takes the place of one that ended.</summary>
    internal int Shelves
    {
        get
        {
            lock (_gate)
            {
                return _shelves.Count;
            }
        }
    }

    /// <summary>Rents memory.</summary>
    /// <param name="minBufferSize">Bytes; -1 for <see cref="DefaultBufferSize"/>.</param>
    /// <returns>A <see cref="MembufOwner"/> of exactly that size, its contents undefined; dispose it, on any thread.</returns>
    /// <remarks>O(1) expected, one object on the GC heap.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The size is below -1.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory, or the arena's limit is reached; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The pool, or its heap, is disposed.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => RentOwner(minBufferSize);

    /// <summary>The same as <see cref="Rent"/>, for code that wants the owner's membuf.</summary>
    /// <param name="minBufferSize">Bytes; -1 for <see cref="DefaultBufferSize"/>.</param>
    /// <returns>An owner of exactly that size, its contents undefined; dispose it, on any thread.</returns>
    /// <inheritdoc cref="Rent"/>
    public MembufOwner RentOwner(int minBufferSize = -1)
    {
        if (minBufferSize < 0)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(minBufferSize, -1);
            minBufferSize = DefaultBufferSize;
        }

        ThrowIfDisposed();
        ulong identity = ThreadIdentity.Current;
        RentShelf? near = _near[identity & (Nearby - 1)];
        RentShelf shelf = near is not null && near.Identity == identity ? near : FindShelf();
        var owner = new MembufOwner(minBufferSize);
        MembufRef membuf = Heap.AllocRef((nuint)minBufferSize);
        if (!shelf.HasPlace)
        {
            FindPlace(shelf, membuf);
        }

        owner.Hold(membuf);
        shelf.Put(owner);
        if (_disposed)
        {
            owner.Dispose();
            ThrowIfDisposed();
        }

        return owner;
    }

    /// <summary>The owners that live, as of a moment ago while other threads rent and dispose. O(the most that ever lived).</summary>
    /// <returns>How many and how large, and each of them.</returns>
    public MembufPoolReport GetReport() => new(Heap.Name, Living());

    /// <summary>Name and living owners.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"MembufMemoryPool '{Heap.Name ?? "unnamed"}', {Rented} rented{(IsDisposed ? ", disposed" : "")}";

    /// <summary>
    /// Ends the pool: nothing can be rented any more. What is rented stays valid until its owner is disposed. The listener given at
    /// construction hears which owners live. Idempotent.
    /// </summary>
    /// <param name="disposing">Always true; there is no finalizer.</param>
    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        // In place of one that every rent would need between noting its owner and looking whether the pool is disposed: whoever rents now is
        // either seen below, or sees that it is.
        Interlocked.MemoryBarrierProcessWide();
        if (_onLeak is not null && GetReport() is { Rented: > 0 } report)
        {
            _onLeak(report);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FindPlace(RentShelf shelf, MembufRef membuf)
    {
        try
        {
            shelf.FindPlace();
        }
        catch (OutOfMemoryException)
        {
            membuf.Deref();
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private RentShelf FindShelf()
    {
        ulong identity = ThreadIdentity.Ensure();
        lock (_gate)
        {
            RentShelf? shelf = _shelves.Find(s => s.Identity == identity);
            if (shelf is null && (shelf = _shelves.Find(static s => !s.Thread.IsAlive)) is not null)
            {
                shelf.Adopt(Thread.CurrentThread, identity);
            }

            if (shelf is null)
            {
                shelf = new RentShelf(Heap, Thread.CurrentThread, identity);
                _shelves.Add(shelf);
            }

            _near[identity & (Nearby - 1)] = shelf;
            return shelf;
        }
    }

    private List<MembufOwner> Living()
    {
        lock (_gate)
        {
            return [.. _shelves.SelectMany(static shelf => shelf.Living)];
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);
}
