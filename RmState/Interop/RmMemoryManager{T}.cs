using System.Buffers;
using System.Diagnostics;

namespace Rm.Interop;

/// <summary>
/// A block as <see cref="Memory{T}"/>, for pipelines, streams and sockets. It owns one reference of the block from its making to its
/// disposal. Made by <see cref="RmMemoryExtensions"/>.
/// </summary>
/// <typeparam name="T">The element; a type without references.</typeparam>
/// <remarks>
/// <para>Spans, pins and unpins work on any thread and never touch the state. Disposing gives the reference back and belongs to the
/// thread that uses the state. A memory disposed while it is pinned stays valid until the last unpin, on whatever thread;
/// then its reference waits for the owner's <see cref="RmState.ReleaseAbandoned"/>.</para>
/// <para>There is no finalizer (a span may outlive the last use of this object): a forgotten one leaks its reference, and the
/// state's report shows it. Disposing or resetting the state frees the block whatever is pinned, so end such uses first.</para>
/// </remarks>
[DebuggerDisplay("{_reference.Block,h}, {_length} elements, {Pins} pins, disposed = {IsDisposed}")]
public sealed unsafe class RmMemoryManager<T> : MemoryManager<T>
    where T : unmanaged
{
    // bit 31..1  pins, how many MemoryHandles live
    // bit 0      disposed
    // Whoever takes the word to 1 (disposed, no pins) ends the reference: Dispose from 0, or the last Unpin from 3. Each
    // change is one compare-and-swap, so it is exactly one of them.
    private const int Disposed = 1;
    private const int OnePin = 2;

    private readonly OwnedReference _reference;
    private readonly T* _start;
    private readonly int _length;
    private int _word;

    internal RmMemoryManager(RmState state, nint block, nuint offset, int length, string file, int line)
    {
        _reference = OwnedReference.To(state, block, file, line);
        _start = unchecked((T*)((byte*)block + offset));
        _length = length;

        // Last: when anything above fails, nothing is held.
        _reference.Retain();
    }

    /// <summary>Whether <see cref="Dispose()"/> was called.</summary>
    public bool IsDisposed => (Volatile.Read(ref _word) & Disposed) != 0;

    /// <summary>How many pins are outstanding.</summary>
    public int Pins => Volatile.Read(ref _word) >>> 1;

    /// <summary>The block as a span.</summary>
    /// <returns>A span that is valid while this is not disposed; keep this object alive while you use it.</returns>
    /// <remarks>O(1), any thread, no table access.</remarks>
    /// <exception cref="ObjectDisposedException">This is disposed.</exception>
    public override Span<T> GetSpan()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new Span<T>(_start, _length);
    }

    /// <summary>Keeps the memory valid until the handle is disposed, even if this is disposed before.</summary>
    /// <param name="elementIndex">The element to point at, 0 to the length.</param>
    /// <returns>A handle with the element's address; disposing it unpins, on any thread.</returns>
    /// <remarks>O(1), any thread, no table access. The memory never moves; a pin only guards it against being freed.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative or beyond the length.</exception>
    /// <exception cref="ObjectDisposedException">This is disposed.</exception>
    /// <exception cref="OverflowException">1,073,741,823 pins are outstanding.</exception>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, _length);
        int word = Volatile.Read(ref _word);
        while (true)
        {
            ObjectDisposedException.ThrowIf((word & Disposed) != 0, this);
            int seen = Interlocked.CompareExchange(ref _word, checked(word + OnePin), word);
            if (seen == word)
            {
                return new MemoryHandle(_start + elementIndex, default, this);
            }

            word = seen;
        }
    }

    /// <summary>Ends one pin; disposing the pin's handle calls it.</summary>
    /// <remarks>O(1), any thread, no table access.</remarks>
    /// <exception cref="InvalidOperationException">Nothing is pinned: a pin was ended twice.</exception>
    public override void Unpin()
    {
        int word = Volatile.Read(ref _word);
        while (true)
        {
            if (word < OnePin)
            {
                throw new InvalidOperationException("The memory is not pinned: a MemoryHandle or a copy of it was disposed twice.");
            }

            int seen = Interlocked.CompareExchange(ref _word, word - OnePin, word);
            if (seen == word)
            {
                break;
            }

            word = seen;
        }

        if (word - OnePin == Disposed)
        {
            // Unpinning happens wherever an operation completes; only the owner's thread may touch the table.
            _reference.Abandon();
        }
    }

    /// <summary>Gives the reference back, or leaves that to the last unpin. Idempotent.</summary>
    /// <remarks>
    /// Thread rule: the state's. When the block is gone already nothing changes: after the state's disposal silently; after a reset, or
    /// when somebody released this memory's reference, a <see cref="Violations.StaleReferenceException"/> is reported to
    /// <see cref="RmStateOptions.OnViolation"/> and counted, not thrown.
    /// </remarks>
    /// <exception cref="AggregateException">The release ended several blocks whose deallocators threw; one alone surfaces as it is.</exception>
    public void Dispose() => Dispose(disposing: true);

    /// <summary>Gives the reference back, or leaves that to the last unpin.</summary>
    /// <param name="disposing">Always true; there is no finalizer.</param>
    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Or(ref _word, Disposed) == 0)
        {
            _reference.ReleaseOrReport();
        }
    }
}
