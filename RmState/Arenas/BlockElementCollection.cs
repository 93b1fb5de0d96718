using System.Collections;

namespace Rm.Arenas;

/// <summary>The elements of a block heap that are in use; see <see cref="BlockHeap.LiveElements"/>.</summary>
public readonly struct BlockElementCollection : IEnumerable<nint>, IEquatable<BlockElementCollection>
{
    private readonly BlockHeap? _heap;

    internal BlockElementCollection(BlockHeap heap) => _heap = heap;

    /// <summary>Whether two collections are views of the same heap.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator ==(BlockElementCollection left, BlockElementCollection right) => left.Equals(right);

    /// <summary>Whether two collections are views of different heaps.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator !=(BlockElementCollection left, BlockElementCollection right) => !left.Equals(right);

    /// <summary>Begins an enumeration. O(granules of the arena); allocates a list of the heap's blocks.</summary>
    /// <returns>An enumerator before the first element.</returns>
    /// <exception cref="Violations.ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public Enumerator GetEnumerator() => new(_heap);

    IEnumerator<nint> IEnumerable<nint>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(BlockElementCollection other) => ReferenceEquals(_heap, other._heap);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BlockElementCollection other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _heap?.GetHashCode() ?? 0;

    /// <summary>Walks the elements in use.</summary>
    public struct Enumerator : IEnumerator<nint>
    {
        private readonly BlockHeap? _heap;
        private readonly nint[] _starts;
        private readonly long _version;
        private int _block;
        private int _index;
        private nint _current;

        internal Enumerator(BlockHeap? heap)
        {
            _heap = heap;
            _starts = heap is null ? [] : heap.StartWalk(out _version);
        }

        /// <summary>The element the enumerator stands on.</summary>
        public readonly nint Current => _current;

        readonly object IEnumerator.Current => _current;

        /// <summary>Goes to the next element in use.</summary>
        /// <returns>False after the last one.</returns>
        /// <exception cref="InvalidOperationException">The heap changed since the enumeration began.</exception>
        /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
        public bool MoveNext() => _heap is not null && _heap.TryNext(_starts, _version, ref _block, ref _index, out _current);

        /// <summary>Goes back before the first element.</summary>
        /// <exception cref="InvalidOperationException">The heap changed since the enumeration began.</exception>
        /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
        public void Reset()
        {
            _heap?.ThrowIfChanged(_version);
            _block = _index = 0;
            _current = 0;
        }

        /// <summary>Does nothing.</summary>
        public readonly void Dispose()
        {
        }
    }
}
