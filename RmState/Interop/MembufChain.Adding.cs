using Rm.Membufs;
using Rm.Violations;

namespace Rm.Interop;

// Putting parts and bytes to a chain's ends.
public sealed partial class MembufChain
{
    /// <summary>Adds a part of a membuf at the end; the chain takes a reference of its own, the caller keeps his.</summary>
    /// <param name="membuf">A membuf of which the caller has a reference, of whatever heap.</param>
    /// <param name="offset">Where the part begins, in bytes from the block's start.</param>
    /// <param name="length">Bytes; the part must end inside the block. A part of no bytes is not kept.</param>
    /// <remarks>O(1). When it throws, nothing changed.</remarks>
    /// <exception cref="ArgumentException">The block is larger than 2,147,483,647 bytes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the block.</exception>
    /// <exception cref="StaleReferenceException">The block is gone, or the handle is <c>default</c>.</exception>
    /// <exception cref="OverflowException">The block's count is at its limit.</exception>
    /// <exception cref="ObjectDisposedException">The chain, or the block's heap, was disposed.</exception>
    public void Append(MembufRef membuf, int offset, int length) => Add(membuf, offset, length, owned: false, atEnd: true);

    /// <summary>Adds a whole membuf at the end; the chain takes a reference of its own, the caller keeps his.</summary>
    /// <param name="membuf">A membuf of which the caller has a reference, of whatever heap.</param>
    /// <inheritdoc cref="Append(MembufRef, int, int)"/>
    public void Append(MembufRef membuf) => Append(membuf, 0, MembufOwner.WholeLength(membuf));

    /// <summary>Adds a part of a membuf at the end, and takes over the caller's reference.</summary>
    /// <param name="membuf">A membuf; the caller must not give his reference back any more.</param>
    /// <param name="offset">Where the part begins, in bytes from the block's start.</param>
    /// <param name="length">Bytes; the part must end inside the block. Of a part of no bytes the reference is given back at once.</param>
    /// <remarks>O(1). When it throws, nothing changed, and the caller still has his reference.</remarks>
    /// <exception cref="ArgumentException">The block is larger than 2,147,483,647 bytes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the block.</exception>
    /// <exception cref="StaleReferenceException">The block is gone, or the handle is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The chain, or the block's heap, was disposed.</exception>
    public void AppendOwned(MembufRef membuf, int offset, int length) => Add(membuf, offset, length, owned: true, atEnd: true);

    /// <summary>Adds a part of a membuf at the start; the chain takes a reference of its own, the caller keeps his.</summary>
    /// <inheritdoc cref="Append(MembufRef, int, int)"/>
    public void Prepend(MembufRef membuf, int offset, int length) => Add(membuf, offset, length, owned: false, atEnd: false);

    /// <summary>Adds a part of a membuf at the start, and takes over the caller's reference.</summary>
    /// <inheritdoc cref="AppendOwned(MembufRef, int, int)"/>
    public void PrependOwned(MembufRef membuf, int offset, int length) => Add(membuf, offset, length, owned: true, atEnd: false);

    /// <summary>Moves all parts of another chain to this one's end. The other is empty afterwards; no reference is taken.</summary>
    /// <param name="other">Another chain.</param>
    /// <remarks>O(parts of the other).</remarks>
    /// <exception cref="ArgumentNullException">The other is null.</exception>
    /// <exception cref="ArgumentException">The other is this chain.</exception>
    /// <exception cref="ObjectDisposedException">One of them was disposed.</exception>
    public void Append(MembufChain other)
    {
        CheckOther(other);
        if (other._first is not { } first)
        {
            return;
        }

        Place(first, _last is null ? 0 : _last.RunningIndex + _last.Length);
        _last?.Link(first);
        _first ??= first;
        _last = other._last;
        TakeCounts(other);
    }

    /// <summary>Moves all parts of another chain to this one's start. The other is empty afterwards; no reference is taken.</summary>
    /// <remarks>O(parts of both).</remarks>
    /// <inheritdoc cref="Append(MembufChain)"/>
    public void Prepend(MembufChain other)
    {
        CheckOther(other);
        if (other._first is not { } first)
        {
            return;
        }

        other._last!.Link(_first);
        _first = first;
        _last ??= other._last;
        TakeCounts(other);
        Place(_first, 0);
    }

    /// <summary>Copies bytes to the end: behind the last part if its block has room and nobody else has it, and into new blocks.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <remarks>O(bytes). When it throws, nothing changed.</remarks>
    /// <exception cref="OutOfMemoryException">There is no memory, or the arena's limit is reached.</exception>
    /// <exception cref="ObjectDisposedException">The chain, or its heap, was disposed.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        ThrowIfDisposed();
        ReadOnlySpan<byte> rest = bytes;
        int room = _last is { RoomBehind: > 0, IsUnique: true } ? Math.Min(_last.RoomBehind, bytes.Length) : 0;
        rest = rest[room..];
        if (rest.IsEmpty)
        {
            Extend(bytes);
            return;
        }

        // Its own chain until all of it is there.
        using var added = new MembufChain(this);
        while (!rest.IsEmpty)
        {
            int length = Math.Min(rest.Length, _blockSize);
            added.LinkLast(NewPart(_blockSize, 0, rest[..length]));
            rest = rest[length..];
        }

        Extend(bytes[..room]);
        Append(added);
    }

    /// <summary>
    /// Copies bytes to the start, side by side: in front of the first part if its block has that much room there and nobody else has it, else
    /// into a new block with room in front for the next. For headers, the innermost first.
    /// </summary>
    /// <param name="bytes">The bytes.</param>
    /// <remarks>O(bytes). When it throws, nothing changed.</remarks>
    /// <exception cref="OutOfMemoryException">There is no memory, or the arena's limit is reached.</exception>
    /// <exception cref="ObjectDisposedException">The chain, or its heap, was disposed.</exception>
    public void Prepend(ReadOnlySpan<byte> bytes)
    {
        ThrowIfDisposed();
        if (bytes.IsEmpty)
        {
            return;
        }

        if (_first is not null && _first.Offset >= bytes.Length && _first.IsUnique)
        {
            bytes.CopyTo(_first.BytesAt(_first.Offset - bytes.Length, bytes.Length));
            _first.Resize(_first.Offset - bytes.Length, _first.Length + bytes.Length);
            Length += bytes.Length;
            return;
        }

        LinkFirst(NewPart(checked(_headRoom + bytes.Length), _headRoom, bytes));
    }

    /// <summary>Adds bytes at the end that lie in an owner's block: as more of the last part if they follow it there, else as a part.</summary>
    internal void AppendOf(MembufOwner owner, int offset, int length)
    {
        if (_last is not null && _last.End == offset && _last.Membuf == owner.Membuf)
        {
            _last.Resize(_last.Offset, _last.Length + length);
            Length += length;
        }
        else
        {
            Append(owner.Membuf, offset, length);
        }
    }

    private void Extend(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            bytes.CopyTo(_last!.BytesAt(_last.End, bytes.Length));
            _last.Resize(_last.Offset, _last.Length + bytes.Length);
            Length += bytes.Length;
        }
    }

    private MembufSegment NewPart(int size, int offset, ReadOnlySpan<byte> bytes)
    {
        MembufOwner owner = MembufOwner.Own(_heap.AllocRef((nuint)size));
        bytes.CopyTo(owner.GetSpan()[offset..]);
        return new MembufSegment(owner, offset, bytes.Length);
    }

    private void Add(MembufRef membuf, int offset, int length, bool owned, bool atEnd)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        MembufOwner.ThrowIfNoPart(membuf, (nuint)offset, length);
        if (length == 0)
        {
            if (owned)
            {
                membuf.Deref();
            }

            return;
        }

        var part = new MembufSegment(owned ? MembufOwner.Own(membuf) : MembufOwner.Retain(membuf), offset, length);
        if (atEnd)
        {
            LinkLast(part);
        }
        else
        {
            LinkFirst(part);
        }
    }

    private void CheckOther(MembufChain other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ThrowIfDisposed();
        other.ThrowIfDisposed();
        if (ReferenceEquals(other, this))
        {
            throw new ArgumentException("A chain cannot be put into itself; put a clone there.", nameof(other));
        }
    }

    private void TakeCounts(MembufChain other)
    {
        Length += other.Length;
        Parts += other.Parts;
        (other._first, other._last, other.Length, other.Parts) = (null, null, 0, 0);
    }
}
