namespace Rm.Arenas;

/// <summary>The elements of a typed block heap that are in use, for <see langword="foreach"/>; see <see cref="BlockHeap{T}.LiveElements"/>.</summary>
/// <typeparam name="T">The element.</typeparam>
public readonly struct BlockElements<T> : IEquatable<BlockElements<T>>
    where T : unmanaged
{
    private readonly BlockElementCollection _elements;

    internal BlockElements(BlockElementCollection elements) => _elements = elements;

    /// <summary>Whether two collections are views of the same heap.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator ==(BlockElements<T> left, BlockElements<T> right) => left.Equals(right);

    /// <summary>Whether two collections are views of different heaps.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator !=(BlockElements<T> left, BlockElements<T> right) => !left.Equals(right);

    /// <summary>Begins an enumeration, as <see cref="BlockElementCollection.GetEnumerator"/> does.</summary>
    /// <returns>An enumerator before the first element.</returns>
    /// <exception cref="Violations.ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public Enumerator GetEnumerator() => new(_elements.GetEnumerator());

    /// <inheritdoc/>
    public bool Equals(BlockElements<T> other) => _elements == other._elements;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BlockElements<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _elements.GetHashCode();

    /// <summary>Walks the elements in use. No <see cref="IEnumerator{T}"/>: a pointer is no type argument.</summary>
    public unsafe struct Enumerator
    {
        private BlockElementCollection.Enumerator _elements;

        internal Enumerator(BlockElementCollection.Enumerator elements) => _elements = elements;

        /// <summary>The element the enumerator stands on.</summary>
        public readonly T* Current => (T*)_elements.Current;

        /// <summary>Goes to the next element in use.</summary>
        /// <returns>False after the last one.</returns>
        /// <exception cref="InvalidOperationException">The heap changed since the enumeration began.</exception>
        /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
        public bool MoveNext() => _elements.MoveNext();
    }
}
