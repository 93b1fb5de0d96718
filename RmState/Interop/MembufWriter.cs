using System.Buffers;
using System.Diagnostics;
using Rm.Membufs;

namespace Rm.Interop;

/// <summary>
/// Writes into membufs, for everything that writes to an <see cref="IBufferWriter{T}"/>: what was written comes out as a
/// <see cref="MembufChain"/> without being copied.
/// </summary>
/// <remarks>Thread rule: one thread at a time.</remarks>
[DebuggerDisplay("{WrittenCount} bytes written")]
public sealed class MembufWriter : IBufferWriter<byte>, IDisposable
{
    private readonly MembufHeap _heap;
    private readonly int _blockSize;
    private MembufChain _written;

    // The block that is written to, of which [_begin, _end) is written and not in the chain yet, and [_end, _limit) may be advanced over.
    private MembufOwner? _block;
    private int _begin;
    private int _end;
    private int _limit;

    /// <summary>Makes a writer; memory is taken when it is first asked for.</summary>
    /// <param name="heap">Where the memory comes from.</param>
    /// <param name="blockSize">Bytes of each block, at least 1; one that must be larger is.</param>
    /// <exception cref="ArgumentNullException">The heap is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is out of its range.</exception>
    public MembufWriter(MembufHeap heap, int blockSize = MembufChain.DefaultBlockSize)
    {
        _written = new MembufChain(heap, blockSize);
        _heap = heap;
        _blockSize = blockSize;
    }

    /// <summary>Bytes written since the writer was made, reset, or its chain taken.</summary>
    public long WrittenCount => _written.Length + (_end - _begin);

    /// <summary>Memory to write to.</summary>
    /// <param name="sizeHint">The least bytes; 0 for any, at least one.</param>
    /// <returns>Memory that is valid until the next call of any other member than <see cref="Advance"/>.</returns>
    /// <remarks>O(1). Memory handed out before and not advanced over is handed out again, its contents lost.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The hint is negative.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory, or the arena's limit is reached; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The writer, or its heap, was disposed.</exception>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MembufOwner block = Prepare(sizeHint);
        return block.Memory[_end..];
    }

    /// <summary>The same as <see cref="GetMemory"/>, as a span.</summary>
    /// <param name="sizeHint">The least bytes; 0 for any, at least one.</param>
    /// <returns>A span that is valid until the next call of any other member than <see cref="Advance"/>.</returns>
    /// <inheritdoc cref="GetMemory"/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MembufOwner block = Prepare(sizeHint);
        return block.GetSpan()[_end..];
    }

    /// <summary>Says that bytes were written to the memory handed out last.</summary>
    /// <param name="count">Bytes, from where the last ones ended.</param>
    /// <remarks>O(1).</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    /// <exception cref="InvalidOperationException">That is more than was handed out, or nothing was since the chain was taken or the writer reset.</exception>
    /// <exception cref="ObjectDisposedException">The writer was disposed.</exception>
    public void Advance(int count)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > _limit - _end)
        {
            throw new InvalidOperationException(
                FormattableString.Invariant($"Advance over {count} bytes, but only {_limit - _end} of the memory handed out are left. Ask for that much first."));
        }

        _end += count;
    }

    /// <summary>What was written, without taking it.</summary>
    /// <returns>A sequence that is valid until the writer is reset or disposed, and until its chain is disposed once that is taken.</returns>
    /// <remarks>O(1).</remarks>
    /// <exception cref="ObjectDisposedException">The writer was disposed.</exception>
    public ReadOnlySequence<byte> AsSequence()
    {
        ThrowIfDisposed();
        Flush();
        return _written.AsSequence();
    }

    /// <summary>
    /// Takes what was written out. The writer is empty afterwards and goes on behind it in the same block, of which both have a reference.
    /// </summary>
    /// <returns>A chain, the caller's to dispose; an empty one when nothing was written.</returns>
    /// <remarks>O(1). No byte is copied.</remarks>
    /// <exception cref="ObjectDisposedException">The writer was disposed.</exception>
    public MembufChain TakeChain()
    {
        ThrowIfDisposed();
        var next = new MembufChain(_heap, _blockSize);
        Flush();
        _limit = _end;
        (MembufChain written, _written) = (_written, next);
        return written;
    }

    /// <summary>Forgets what was written. The block that was written to last is kept, if nobody else has it.</summary>
    /// <remarks>O(blocks).</remarks>
    /// <exception cref="AggregateException">Blocks ended, and several onFree threw; one alone is thrown as it is.</exception>
    /// <exception cref="ObjectDisposedException">The writer was disposed.</exception>
    public void Reset()
    {
        ThrowIfDisposed();
        _begin = _limit = _end;
        _written.Clear();
        if (_block is not null && _block.Membuf.IsUnique)
        {
            _begin = _end = _limit = 0;
        }
    }

    /// <summary>Gives back what was written and not taken. Does nothing the second time.</summary>
    /// <remarks>O(blocks).</remarks>
    /// <exception cref="AggregateException">Blocks ended, and several onFree threw; one alone is thrown as it is.</exception>
    public void Dispose()
    {
        _begin = _end = _limit = 0;
        try
        {
            _block?.Dispose();
        }
        finally
        {
            _block = null;
            _written.Dispose();
        }
    }

    private MembufOwner Prepare(int sizeHint)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (_block is null || _block.Length - _end < Math.Max(1, sizeHint))
        {
            Flush();
            MembufOwner block = MembufOwner.Own(_heap.AllocRef((nuint)Math.Max(sizeHint, _blockSize)));
            _block?.Dispose();
            _block = block;
            _begin = _end = 0;
        }

        _limit = _block.Length;
        return _block;
    }

    private void Flush()
    {
        if (_end > _begin)
        {
            _written.AppendOf(_block!, _begin, _end - _begin);
            _begin = _end;
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_written.IsDisposed, this);
}
