using System.Diagnostics;

namespace Rm.Arenas;

/// <summary>A <see cref="BlockHeap"/> whose elements are of one type. Made by <see cref="BlockHeap.Create{T}"/>.</summary>
/// <typeparam name="T">The element; a type without references.</typeparam>
/// <remarks>Everything is the heap's below, its thread rule too.</remarks>
[DebuggerDisplay("{Untyped}")]
public sealed unsafe class BlockHeap<T> : IDisposable
    where T : unmanaged
{
    internal BlockHeap(BlockHeap heap) => Untyped = heap;

    /// <summary>The heap below: name, usage, checks, and what a state takes as its allocator.</summary>
    public BlockHeap Untyped { get; }

    /// <summary>The elements in use; <see cref="BlockHeap.LiveElements"/> says more.</summary>
    public BlockElements<T> LiveElements => new(Untyped.LiveElements);

    /// <summary>What the heap has and uses.</summary>
    public PoolUsage Usage => Untyped.Usage;

    /// <summary>Allocates an element.</summary>
    /// <returns>The element, never null; <see langword="default"/> unless the heap was made unzeroed.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory or the commit limit is reached; nothing was changed.</exception>
    /// <exception cref="Violations.ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public T* Alloc() => (T*)Untyped.Alloc();

    /// <summary>Allocates an element if there is memory.</summary>
    /// <param name="element">The element; null when the result is false.</param>
    /// <returns>False, and nothing changed, when there is no memory or the commit limit is reached.</returns>
    /// <exception cref="Violations.ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public bool TryAlloc(out T* element)
    {
        bool done = Untyped.TryAlloc(out nint address);
        element = (T*)address;
        return done;
    }

    /// <summary>Frees an element.</summary>
    /// <param name="element">An element of this heap.</param>
    /// <exception cref="ArgumentNullException"><paramref name="element"/> is null.</exception>
    /// <exception cref="Violations.DoubleFreeException">The element is free already.</exception>
    /// <exception cref="Violations.MisalignedPointerException">No element begins at the address.</exception>
    /// <exception cref="Violations.ForeignBlockException">The pointer is not into memory of this heap.</exception>
    /// <exception cref="Violations.ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public void Free(T* element) => Untyped.Free((nint)element);

    /// <summary>Gives memory that no element needs back; see <see cref="BlockHeap.Trim"/>.</summary>
    /// <param name="budget">The most bytes to give back to the system.</param>
    /// <returns>The bytes given back to the system.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative.</exception>
    /// <exception cref="Violations.ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public long Trim(long budget = long.MaxValue) => Untyped.Trim(budget);

    /// <summary>Disposes the heap below.</summary>
    public void Dispose() => Untyped.Dispose();
}
