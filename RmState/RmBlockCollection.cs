using System.Collections;

namespace Rm;

/// <summary>The live blocks of a state; see <see cref="RmState.RmBlocks"/>.</summary>
public readonly struct RmBlockCollection : IEnumerable<RmBlock>, IEquatable<RmBlockCollection>
{
    private readonly RmState? _state;

    internal RmBlockCollection(RmState state) => _state = state;

    /// <summary>Whether two collections are views of the same state.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator ==(RmBlockCollection left, RmBlockCollection right) => left.Equals(right);

    /// <summary>Whether two collections are views of different states.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are.</returns>
    public static bool operator !=(RmBlockCollection left, RmBlockCollection right) => !left.Equals(right);

    /// <summary>Begins an enumeration without allocating.</summary>
    /// <returns>An enumerator before the first block.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    public Enumerator GetEnumerator() => new(_state);

    IEnumerator<RmBlock> IEnumerable<RmBlock>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(RmBlockCollection other) => ReferenceEquals(_state, other._state);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RmBlockCollection other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _state?.GetHashCode() ?? 0;

    /// <summary>Walks the live blocks of a state.</summary>
    public struct Enumerator : IEnumerator<RmBlock>
    {
        private readonly RmState? _state;
        private readonly long _version;
        private BlockCursor _cursor;
        private RmBlock _current;

        internal Enumerator(RmState? state)
        {
            _state = state;
            _version = state?.BlocksVersion ?? 0;
        }

        /// <summary>The block the enumerator stands on.</summary>
        public readonly RmBlock Current => _current;

        readonly object IEnumerator.Current => _current;

        /// <summary>Goes to the next live block. O(1) on average over a whole enumeration.</summary>
        /// <returns>False after the last one.</returns>
        /// <exception cref="InvalidOperationException">The state changed since the enumeration began.</exception>
        /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
        public bool MoveNext()
        {
            if (_state is null)
            {
                return false;
            }

            CheckVersion();
            return _state.TryNextBlock(ref _cursor, out _current);
        }

        /// <summary>Goes back before the first block.</summary>
        /// <exception cref="InvalidOperationException">The state changed since the enumeration began.</exception>
        public void Reset()
        {
            CheckVersion();
            _cursor = default;
            _current = default;
        }

        /// <summary>Does nothing.</summary>
        public readonly void Dispose()
        {
        }

        private readonly void CheckVersion()
        {
            if (_state is not null && _state.BlocksVersion != _version)
            {
                throw new InvalidOperationException(
                    "The state changed during the enumeration. Collect the blocks first, then change the state.");
            }
        }
    }
}
