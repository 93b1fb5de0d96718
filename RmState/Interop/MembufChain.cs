using System.Buffers;
using System.Diagnostics;
using Rm.Membufs;

namespace Rm.Interop;

/// <summary>
/// Bytes made of parts of membufs, without copying them: a message with its headers. The chain has a reference for each part, so that the
/// same block may be in many chains. Mirrors Liquorice's netbuf; differs in that it has any number of parts, and that the bytes around a
/// part are written only when nobody else has the block.
/// </summary>
/// <remarks>Thread rule: one thread at a time; its blocks may be in chains of other threads.</remarks>
[DebuggerDisplay("{Length} bytes in {Parts} parts")]
public sealed partial class MembufChain : IDisposable
{
    /// <summary>Bytes of the blocks that a chain takes for what is copied into it, unless it is told otherwise.</summary>
    public const int DefaultBlockSize = 4096;

    /// <summary>Bytes left free in front of what is copied to a chain's start, unless it is told otherwise.</summary>
    public const int DefaultHeadRoom = 64;

    private readonly MembufHeap _heap;
    private readonly int _blockSize;
    private readonly int _headRoom;
    private MembufSegment? _first;
    private MembufSegment? _last;
    private bool _disposed;

    /// <summary>Makes a chain without parts.</summary>
    /// <param name="heap">Where memory for copied bytes comes from.</param>
    /// <param name="blockSize">Bytes of each block taken for appended bytes, at least 1.</param>
    /// <param name="headRoom">Bytes left free in front of what is prepended, for what is prepended next; at least 0.</param>
    /// <exception cref="ArgumentNullException">The heap is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of its range.</exception>
    public MembufChain(MembufHeap heap, int blockSize = DefaultBlockSize, int headRoom = DefaultHeadRoom)
    {
        ArgumentNullException.ThrowIfNull(heap);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockSize);
        ArgumentOutOfRangeException.ThrowIfNegative(headRoom);
        _heap = heap;
        _blockSize = blockSize;
        _headRoom = headRoom;
    }

    private MembufChain(MembufChain like)
        : this(like._heap, like._blockSize, like._headRoom)
    {
    }

    /// <summary>Bytes of all parts.</summary>
    public long Length { get; private set; }

    /// <summary>How many parts there are.</summary>
    public int Parts { get; private set; }

    /// <summary>The first part, or null; the others follow it.</summary>
    public MembufSegment? First => _first;

    /// <summary>Whether there are no bytes.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>Whether the chain was disposed.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>The bytes, for everything that reads sequences.</summary>
    /// <returns>A sequence that is valid until bytes are prepended, trimmed, split off or moved, and until this is disposed; appending leaves it valid.</returns>
    /// <remarks>O(1); after bytes were prepended O(parts).</remarks>
    /// <exception cref="ObjectDisposedException">The chain was disposed.</exception>
    public ReadOnlySequence<byte> AsSequence()
    {
        ThrowIfDisposed();
        if (_first is null || _last is null)
        {
            return ReadOnlySequence<byte>.Empty;
        }

        if (_first.RunningIndex < 0)
        {
            Place(_first, 0);
        }

        return new ReadOnlySequence<byte>(_first, 0, _last, _last.Length);
    }

    /// <summary>The same bytes in a chain of its own: the list of parts is copied, the bytes are not.</summary>
    /// <returns>A chain with one more reference of each part's block.</returns>
    /// <remarks>O(parts). When it throws, nothing changed.</remarks>
    /// <exception cref="OverflowException">A block's count is at its limit.</exception>
    /// <exception cref="ObjectDisposedException">The chain, or a heap, was disposed.</exception>
    public MembufChain Clone()
    {
        ThrowIfDisposed();
        var clone = new MembufChain(this);
        try
        {
            for (MembufSegment? part = _first; part is not null; part = part.Following)
            {
                clone.LinkLast(part.Share(part.Offset, part.Length));
            }
        }
        catch
        {
            clone.Dispose();
            throw;
        }

        return clone;
    }

    /// <summary>Takes bytes off the start, and gives back the references of parts of which nothing is left.</summary>
    /// <param name="count">Bytes, 0 to the length.</param>
    /// <remarks>O(parts taken off).</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The chain has fewer bytes.</exception>
    /// <exception cref="AggregateException">Blocks ended, and several onFree threw; one alone is thrown as it is. The bytes are off all the same.</exception>
    /// <exception cref="ObjectDisposedException">The chain was disposed.</exception>
    public void TrimStart(long count)
    {
        CheckCount(count);
        MembufSegment? gone = _first;
        Length -= count;
        while (_first is not null && count >= _first.Length)
        {
            count -= _first.Length;
            _first = _first.Following;
            Parts--;
        }

        if (count > 0)
        {
            _first!.Resize(_first.Offset + (int)count, _first.Length - (int)count);
        }

        CutBefore(_first, gone);
    }

    /// <summary>Takes bytes off the end, and gives back the references of parts of which nothing is left.</summary>
    /// <param name="count">Bytes, 0 to the length.</param>
    /// <remarks>O(parts taken off).</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The chain has fewer bytes.</exception>
    /// <exception cref="AggregateException">Blocks ended, and several onFree threw; one alone is thrown as it is. The bytes are off all the same.</exception>
    /// <exception cref="ObjectDisposedException">The chain was disposed.</exception>
    public void TrimEnd(long count)
    {
        CheckCount(count);
        Length -= count;
        MembufSegment? gone = null;
        while (_last is not null && count >= _last.Length)
        {
            count -= _last.Length;
            gone = _last;
            _last = _last.Previous;
            Parts--;
        }

        if (count > 0)
        {
            _last!.Resize(_last.Offset, _last.Length - (int)count);
        }

        _last?.Link(null);
        if (_last is null)
        {
            _first = null;
        }

        Release(gone);
    }

    /// <summary>Cuts the chain in two.</summary>
    /// <param name="at">How many bytes stay here, 0 to the length.</param>
    /// <returns>The bytes behind them, in a chain of their own; a block that is cut through is in both.</returns>
    /// <remarks>O(parts). When it throws, nothing changed.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The chain has fewer bytes.</exception>
    /// <exception cref="OverflowException">The count of the block that is cut through is at its limit.</exception>
    /// <exception cref="ObjectDisposedException">The chain, or the block's heap, was disposed.</exception>
    public MembufChain Split(long at)
    {
        CheckCount(at);
        var rest = new MembufChain(this);
        MembufSegment? last = null;
        MembufSegment? next = _first;
        int stay = 0;
        long left = at;
        for (; next is not null && next.Length <= left; next = next.Following)
        {
            left -= next.Length;
            last = next;
            stay++;
        }

        int move = Parts - stay;
        if (left > 0)
        {
            int before = (int)left;
            MembufSegment tail = next!.Share(next.Offset + before, next.Length - before);
            tail.Link(next.Following);
            next.Resize(next.Offset, before);
            last = next;
            next = tail;
            stay++;
        }

        if (next is not null)
        {
            next.Unlink();
            rest._first = next;
            rest._last = next.Following is null ? next : _last;
            rest.Parts = move;
            rest.Length = Length - at;
            Place(next, 0);
        }

        last?.Link(null);
        _first = last is null ? null : _first;
        _last = last;
        Parts = stay;
        Length = at;
        return rest;
    }

    /// <summary>Takes all bytes off.</summary>
    /// <remarks>O(parts), without recursion.</remarks>
    /// <exception cref="AggregateException">Blocks ended, and several onFree threw; one alone is thrown as it is. The chain is empty all the same.</exception>
    /// <exception cref="ObjectDisposedException">The chain was disposed.</exception>
    public void Clear() => TrimEnd(Length);

    /// <summary>Takes all bytes off, and ends the chain. Does nothing the second time.</summary>
    /// <remarks>O(parts), without recursion.</remarks>
    /// <exception cref="AggregateException">Blocks ended, and several onFree threw; one alone is thrown as it is. The chain is disposed all the same.</exception>
    public void Dispose()
    {
        if (!_disposed)
        {
            try
            {
                Clear();
            }
            finally
            {
                _disposed = true;
            }
        }
    }

    private static void Place(MembufSegment? part, long index)
    {
        for (; part is not null; part = part.Following)
        {
            part.Place(index);
            index += part.Length;
        }
    }

    private static void Release(MembufSegment? part)
    {
        List<Exception>? failures = null;
        for (; part is not null; part = part.Following)
        {
            try
            {
                part.Release();
            }
#pragma warning disable CA1031 // What one block's onFree throws must not keep the other references from being given back.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                (failures ??= []).Add(failure);
            }
        }

        if (failures is not null)
        {
            MembufHeap.ThrowTogether(failures);
        }
    }

    private void CutBefore(MembufSegment? first, MembufSegment? gone)
    {
        if (ReferenceEquals(first, gone))
        {
            return;
        }

        if (first is null)
        {
            _last = null;
        }
        else
        {
            first.Previous!.Link(null);
            first.Unlink();
        }

        Release(gone);
    }

    private void LinkLast(MembufSegment part)
    {
        part.Place(_last is null ? 0 : _last.RunningIndex + _last.Length);
        _last?.Link(part);
        _first ??= part;
        _last = part;
        Length += part.Length;
        Parts++;
    }

    private void LinkFirst(MembufSegment part)
    {
        part.Place(_first is null ? 0 : _first.RunningIndex - part.Length);
        part.Link(_first);
        _first = part;
        _last ??= part;
        Length += part.Length;
        Parts++;
    }

    private void CheckCount(long count)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);
}
