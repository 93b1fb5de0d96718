using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Rm.Membufs;
using Rm.Violations;

namespace Rm.Interop;

/// <summary>
/// One reference of a membuf as <see cref="Memory{T}"/>, for pipelines, streams and sockets: it owns the reference from its making to its
/// disposal. Made by <see cref="Own(MembufRef)"/>, <see cref="Retain(MembufRef)"/> and <see cref="MembufMemoryPool"/>.
/// </summary>
/// <remarks>
/// <para>Thread rule: every member may be called on any thread at any time; whoever uses a span must know that nobody disposes meanwhile.</para>
/// <para>Disposing twice gives one reference back, and never another block's, even when two threads do it at once: the object is one rent's
/// and is never used again. Every pin takes a reference of its own, so a pinned block outlives the disposal.</para>
/// <para>There is no finalizer (a span may outlive the last use of this object): a forgotten one leaks its reference, and the reports of the
/// heap and of the pool show it.</para>
/// </remarks>
[DebuggerDisplay("{Membuf,nq}, {_length} bytes, {Pins} pins, disposed = {IsDisposed}")]
public sealed unsafe class MembufOwner : MemoryManager<byte>, IMemoryOwner<byte>
{
    // bits 31..16  pins, how many MemoryHandles live, each with a reference
    // bits 15..1   threads that are about to pin, and need the owner's reference until they have one
    // bit 0        ended: disposed or detached
    // Whoever sets the ended bit has the owner's reference, once nobody is about to pin.
    private const int Ended = 1;
    private const int OneEntering = 2;
    private const int EnteringMask = ushort.MaxValue - Ended;
    private const int PinShift = 16;
    private const int OnePin = 1 << PinShift;
    private const int MostPins = short.MaxValue;

    // One is made for every rent: what a MembufRef would hold is packed. The record is one for as long as the heap is referred to.
    private readonly int _length;
    private MembufRecord* _record;

    // The heap, or the row where a pool notes it.
    private object _source;
    private uint _generation;

    // In a row: where. Else where in the block the memory begins.
    private int _offset;
    private int _word;

    /// <summary>Makes one that is to hold a block of a pool.</summary>
    internal MembufOwner(int length)
    {
        _length = length;
        _source = null!;
    }

    private MembufOwner(MembufRef membuf, int offset, int length)
    {
        _length = length;
        _offset = offset;
        _source = membuf.Heap!;
        Hold(membuf);
    }

    /// <summary>The membuf, as a handle without a reference of its own; a stale one once the block is gone.</summary>
    public MembufRef Membuf => new(Heap, _record, (ulong)_generation << MembufRecord.GenerationShift);

    /// <summary>Bytes of the memory.</summary>
    public int Length => _length;

    /// <summary>Whether the reference was given back by <see cref="Dispose()"/>, or away by <see cref="Detach"/>.</summary>
    public bool IsDisposed => (Volatile.Read(ref _word) & Ended) != 0;

    /// <summary>How many pins are outstanding.</summary>
    public int Pins => Volatile.Read(ref _word) >> PinShift;

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">This is disposed.</exception>
    public override Memory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return CreateMemory(_length);
        }
    }

    /// <summary>Takes over one reference of the caller's, who must not give it back any more: the whole block as memory.</summary>
    /// <param name="membuf">A live membuf.</param>
    /// <returns>The owner.</returns>
    /// <remarks>O(1), one object on the GC heap. When it throws, the caller still has his reference.</remarks>
    /// <exception cref="ArgumentException">The block is larger than 2,147,483,647 bytes; take a part of it.</exception>
    /// <exception cref="StaleReferenceException">The block is gone, or the handle is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public static MembufOwner Own(MembufRef membuf) => Own(membuf, 0, WholeLength(membuf));

    /// <summary>Takes over one reference of the caller's, who must not give it back any more: a part of the block as memory.</summary>
    /// <param name="membuf">A live membuf.</param>
    /// <param name="offset">Where the part begins, in bytes from the block's start, at most 2,147,483,647.</param>
    /// <param name="length">Bytes; the part must end inside the block.</param>
    /// <returns>The owner.</returns>
    /// <remarks>O(1), one object on the GC heap. When it throws, the caller still has his reference.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the block.</exception>
    /// <exception cref="StaleReferenceException">The block is gone, or the handle is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public static MembufOwner Own(MembufRef membuf, nuint offset, int length)
    {
        ThrowIfNoPart(membuf, offset, length);
        return new MembufOwner(membuf, (int)offset, length);
    }

    /// <summary>Takes a reference of its own, the caller keeps his: the whole block as memory.</summary>
    /// <param name="membuf">A membuf of which the caller has a reference.</param>
    /// <returns>The owner.</returns>
    /// <remarks>O(1), one object on the GC heap. When it throws, nothing changed.</remarks>
    /// <exception cref="ArgumentException">The block is larger than 2,147,483,647 bytes; take a part of it.</exception>
    /// <exception cref="StaleReferenceException">The block is gone, or the handle is <c>default</c>.</exception>
    /// <exception cref="FinalizingBlockException">Its last reference has ended, and its end is under way.</exception>
    /// <exception cref="OverflowException">The count is at its limit.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public static MembufOwner Retain(MembufRef membuf) => Retain(membuf, 0, WholeLength(membuf));

    /// <summary>Takes a reference of its own, the caller keeps his: a part of the block as memory.</summary>
    /// <param name="membuf">A membuf of which the caller has a reference.</param>
    /// <param name="offset">Where the part begins, in bytes from the block's start, at most 2,147,483,647.</param>
    /// <param name="length">Bytes; the part must end inside the block.</param>
    /// <returns>The owner.</returns>
    /// <remarks>O(1), one object on the GC heap. When it throws, nothing changed.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the block.</exception>
    /// <exception cref="StaleReferenceException">The block is gone, or the handle is <c>default</c>.</exception>
    /// <exception cref="FinalizingBlockException">Its last reference has ended, and its end is under way.</exception>
    /// <exception cref="OverflowException">The count is at its limit.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public static MembufOwner Retain(MembufRef membuf, nuint offset, int length)
    {
        // The object first: nothing can fail between the reference and the owner's having it.
        MembufOwner owner = Own(membuf, offset, length);
        membuf.Ref();
        return owner;
    }

    /// <summary>The bytes.</summary>
    /// <returns>A span that is valid while this is not disposed; keep this object alive while you use it.</returns>
    /// <remarks>O(1), the block's record is not touched.</remarks>
    /// <exception cref="ObjectDisposedException">This is disposed.</exception>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new Span<byte>(Start, _length);
    }

    /// <summary>Takes a reference of the block until the handle is disposed, even if this is disposed before.</summary>
    /// <param name="elementIndex">The byte to point at, 0 to the length.</param>
    /// <returns>A handle with the byte's address; disposing it unpins, on any thread.</returns>
    /// <remarks>O(1). The memory never moves; a pin only guards it against being freed.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative or beyond the length.</exception>
    /// <exception cref="ObjectDisposedException">This, or the heap, is disposed.</exception>
    /// <exception cref="OverflowException">32,767 pins are outstanding, or the count is at its limit.</exception>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, _length);
        int word = Interlocked.Add(ref _word, OneEntering);
        try
        {
            ObjectDisposedException.ThrowIf((word & Ended) != 0, this);
            if (word >> PinShift == MostPins)
            {
                throw new OverflowException($"{Membuf} is pinned {MostPins} times, and no more can be counted.");
            }

            Membuf.Ref();
        }
        catch
        {
            Interlocked.Add(ref _word, -OneEntering);
            throw;
        }

        Interlocked.Add(ref _word, OnePin - OneEntering);
        return new MemoryHandle(Start + elementIndex, default, this);
    }

    /// <summary>Ends one pin and gives its reference back; disposing the pin's handle calls it.</summary>
    /// <remarks>O(1). After the heap's disposal, which ended the block, nothing is given back.</remarks>
    /// <exception cref="InvalidOperationException">Nothing is pinned: a pin was ended twice.</exception>
    /// <exception cref="AggregateException">The block ended, and several onFree threw; one alone is thrown as it is.</exception>
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

        GiveBack();
    }

    /// <summary>
    /// Gives the owner's reference to the caller, who gives it back himself or hands it on. This is disposed afterwards, as by
    /// <see cref="Dispose()"/>; what is pinned stays pinned.
    /// </summary>
    /// <returns>A handle that stands for the reference.</returns>
    /// <exception cref="ObjectDisposedException">This is disposed: there is no reference to give.</exception>
    public MembufRef Detach()
    {
        ObjectDisposedException.ThrowIf(!TryEnd(), this);
        return Membuf;
    }

    /// <summary>Gives the reference back; the last one ends the block. Does nothing the second time, on whatever threads.</summary>
    /// <remarks>O(1). After the heap's disposal, which ended the block, nothing is given back.</remarks>
    /// <exception cref="StaleReferenceException">Somebody else gave this owner's reference back, and the block is gone. Nothing was released.</exception>
    /// <exception cref="AggregateException">The block ended, and several onFree threw; one alone is thrown as it is.</exception>
    public void Dispose()
    {
        if (TryEnd())
        {
            GiveBack();
        }
    }

    /// <summary>What it is of, its pins, and whether it was disposed.</summary>
    /// <returns>For example <c>0x7f00a0#3, 4096 bytes, 0 pins</c>.</returns>
    public override string ToString() =>
        FormattableString.Invariant($"{Membuf}, {_length} bytes, {Pins} pins{(IsDisposed ? ", disposed" : "")}");

    /// <summary>Says where its pool notes that it lives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void NoteIn(RentRow row, int index)
    {
        _source = row;
        _offset = index;
    }

    /// <summary>Gives it its block, once.</summary>
    /// <param name="membuf">A live one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Hold(MembufRef membuf)
    {
        _record = membuf.Record;
        _generation = membuf.Generation;
    }

    /// <summary>The size of a block that fits one memory.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    internal static int WholeLength(MembufRef membuf)
    {
        nuint size = membuf.Size;
        return size <= int.MaxValue
            ? (int)size
            : throw new ArgumentException(
                FormattableString.Invariant($"{membuf} has {size} bytes and a Memory at most {int.MaxValue}; take parts of it by offset and length."), nameof(membuf));
    }

    /// <summary>Refuses what is not inside a block.</summary>
    internal static void ThrowIfNoPart(MembufRef membuf, nuint offset, int length)
    {
        nuint size = membuf.Size;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, nuint.Min(size, int.MaxValue));
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((nuint)length, size - offset, nameof(length));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Dispose();

    private MembufHeap Heap => _source is RentRow row ? row.Heap : (MembufHeap)_source;

    private byte* Start => (byte*)_record->Address + (_source is RentRow ? 0 : _offset);

    private bool TryEnd()
    {
        if (Interlocked.CompareExchange(ref _word, Ended, 0) != 0 && !TryEndPinned())
        {
            return false;
        }

        if (_source is RentRow row)
        {
            row.Owners[_offset] = null;
        }

        return true;
    }

    private bool TryEndPinned()
    {
        if ((Interlocked.Or(ref _word, Ended) & Ended) != 0)
        {
            return false;
        }

        // Whoever is about to pin takes his reference under the owner's.
        var spin = new SpinWait();
        while ((Volatile.Read(ref _word) & EnteringMask) != 0)
        {
            spin.SpinOnce();
        }

        return true;
    }

    private void GiveBack()
    {
        try
        {
            Membuf.Deref();
        }
        catch (ObjectDisposedException) when (Heap.IsDisposed)
        {
            // The heap has ended the block.
        }
    }
}
