using System.Diagnostics;
using System.Runtime.CompilerServices;
using Rm.Violations;
using Protocol = Rm.Membufs.MembufCounting<Rm.Membufs.NativeCountMemory>;

namespace Rm.Membufs;

/// <summary>
/// A handle of one membuf, checked by generation: once the block is gone every copy is stale, whatever has its place now. It stands for one
/// reference; copying the value takes none, <see cref="Ref"/> does.
/// </summary>
/// <remarks>
/// Thread rule: any thread, each with a reference of its own. The value is three words; <c>default</c> names no block.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public readonly unsafe partial struct MembufRef : IEquatable<MembufRef>
{
    private readonly MembufHeap? _heap;
    private readonly MembufRecord* _record;

    // In the place it has in a tag.
    private readonly ulong _generation;

    internal MembufRef(MembufHeap heap, MembufRecord* record)
        : this(heap, record, record->Tag)
    {
    }

    internal MembufRef(MembufHeap heap, MembufRecord* record, ulong tag)
    {
        _heap = heap;
        _record = record;
        _generation = tag & ~MembufRecord.OwnerMask;
    }

    /// <summary>The heap it is of, or null for <c>default</c>.</summary>
    public MembufHeap? Heap => _heap;

    internal MembufRecord* Record => _record;

    internal uint Generation => (uint)(_generation >> MembufRecord.GenerationShift);

    /// <summary>Whether it names no block, as <c>default</c> does, and what was moved from.</summary>
    public bool IsNone => _heap is null;

    /// <summary>Whether its block has references still.</summary>
    public bool IsAlive
    {
        get
        {
            // Asked twice: the count may be the next block's.
            bool alive = _heap is not null && TryTag(out _) && Protocol.CountOfBlock(_record, RecordChunk.ShareOf(_record)) > 0 && TryTag(out _);
            GC.KeepAlive(_heap);
            return alive;
        }
    }

    /// <summary>The block's address.</summary>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public nint Block
    {
        get
        {
            _ = Tag(nameof(Block));
            nint block = _record->Address;
            GC.KeepAlive(_heap);
            return block;
        }
    }

    /// <summary>The block's size in bytes.</summary>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public nuint Size
    {
        get
        {
            _ = Tag(nameof(Size));
            nuint size = MembufRecord.LengthOf(_record);
            GC.KeepAlive(_heap);
            return size;
        }
    }

    /// <summary>How many references the block has, as of a moment ago while other threads change it. Mirrors <c>membuf_get_refs</c>.</summary>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public long RefCount
    {
        get
        {
            _ = Tag(nameof(RefCount));
            long count = Protocol.CountOfBlock(_record, RecordChunk.ShareOf(_record));
            GC.KeepAlive(_heap);
            return count;
        }
    }

    /// <summary>Whether the caller's reference is the only one; see <see cref="MembufHeap.IsUnique"/>.</summary>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public bool IsUnique
    {
        get
        {
            _ = Tag(nameof(IsUnique));
            bool unique = Protocol.IsUnique(_record, RecordChunk.ShareOf(_record));
            GC.KeepAlive(_heap);
            return unique;
        }
    }

    /// <summary>Takes a reference of the block. Mirrors <c>membuf_ref</c>.</summary>
    /// <returns>The new count; while other threads count too, as of a moment ago.</returns>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="FinalizingBlockException">Its last reference has ended, and its end is under way.</exception>
    /// <exception cref="OverflowException">The count is at its limit, 2^32 - 1.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>O(1). No atomic instruction on the thread that allocated the block while no other touched it; else one.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Ref()
    {
        ulong own = _generation | ThreadIdentity.Current;
        MembufRecord* record = _record;
        if (record != null && record->Tag == own && Protocol.TryRetainOwned(record, out long count))
        {
            GC.KeepAlive(_heap);
            return count;
        }

        if (record != null)
        {
            ulong tag = record->Tag;
            if (tag != own && IsSharedNow(record, tag))
            {
                if (Protocol.TryRetainShared(record, RecordChunk.ShareOf(record), tag, out long word, out count))
                {
                    GC.KeepAlive(_heap);
                    return count;
                }

                return RefuseRef(tag, word);
            }
        }

        return RefSlowly();
    }

    /// <summary>Gives a reference of the block back; the last one ends it. Mirrors <c>membuf_deref</c>.</summary>
    /// <returns>The remaining count; 0 when the block is gone; see <see cref="MembufHeap.Deref(nint)"/>.</returns>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="DoubleFreeException">More references are given back than there are.</exception>
    /// <exception cref="FinalizingBlockException">Its last reference has ended, and its end is under way.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <exception cref="AggregateException">Several onFree threw; one alone is thrown as it is.</exception>
    /// <remarks>O(1). Needs no memory. No atomic instruction on the thread that allocated the block while no other touched it.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Deref()
    {
        ulong identity = ThreadIdentity.Current;
        MembufRecord* record = _record;
        if (record != null)
        {
            ulong tag = record->Tag;
            if (tag == (_generation | identity))
            {
                if (Protocol.TryReleaseOwned(record, out long remaining))
                {
                    GC.KeepAlive(_heap);
                    return remaining;
                }

                // The tag as it must be rather than as it was read: what follows need not wait for the reading.
                return _heap!.DerefLast(record, _generation | identity);
            }

            MembufShare* share = RecordChunk.ShareOf(record);
            if (IsSharedNow(record, tag) && !Protocol.MayBeOnly(share, tag))
            {
                if (Protocol.TryReleaseShared(record, share, out long word, out long remaining))
                {
                    GC.KeepAlive(_heap);
                    return remaining;
                }

                return DerefFurther(tag, word);
            }
        }

        return DerefSlowly();
    }

    /// <summary>Whether two handles name the same block.</summary>
    /// <param name="other">The other handle.</param>
    /// <returns>True for copies of one handle, stale or not.</returns>
    public bool Equals(MembufRef other) => _record == other._record && _generation == other._generation && ReferenceEquals(_heap, other._heap);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MembufRef other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine((nint)_record, _generation);

    /// <summary>Whether two handles name the same block.</summary>
    /// <param name="left">One handle.</param>
    /// <param name="right">The other handle.</param>
    /// <returns>True for copies of one handle, stale or not.</returns>
    public static bool operator ==(MembufRef left, MembufRef right) => left.Equals(right);

    /// <summary>Whether two handles name different blocks.</summary>
    /// <param name="left">One handle.</param>
    /// <param name="right">The other handle.</param>
    /// <returns>False for copies of one handle.</returns>
    public static bool operator !=(MembufRef left, MembufRef right) => !left.Equals(right);

    /// <summary>The address and generation as text, alive or not.</summary>
    /// <returns>For example <c>0x7f00a0#3</c>.</returns>
    public override string ToString() =>
        _heap is null ? "none" : FormattableString.Invariant($"0x{_record->Address:x}#{_generation >> MembufRecord.GenerationShift}");

    // Of this generation, and no thread but its owner needs to say first that it touches it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsSharedNow(MembufRecord* record, ulong tag) =>
        (tag ^ _generation) <= MembufRecord.OwnerMask && record->Touched == MembufRecord.ByOthers;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long RefuseRef(ulong tag, long word) => _heap!.RefuseRef(_record, tag, word);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long DerefFurther(ulong tag, long word) => _heap!.DerefFurther(_record, tag, word);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long RefSlowly()
    {
        ulong tag = Tag(nameof(Ref));
        long count = _heap!.RefSlowly(_record, tag, _record->Address);
        GC.KeepAlive(_heap);
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long DerefSlowly()
    {
        ulong tag = Tag(nameof(Deref));
        long remaining = _heap!.DerefSlowly(_record, tag, _record->Address);
        GC.KeepAlive(_heap);
        return remaining;
    }

    private bool TryTag(out ulong tag)
    {
        tag = Volatile.Read(ref _record->Tag);
#if RM_MUTATIONS
        if (MembufMutation.Is(MembufMutation.StaleAccepted))
        {
            return true;
        }
#endif
        return (tag & ~MembufRecord.OwnerMask) == _generation;
    }

    private ulong Tag(string member)
    {
        if (_heap is null)
        {
            throw new StaleReferenceException($"{member} of no membuf: the handle is default, or was moved from.");
        }

        if (!TryTag(out ulong tag))
        {
            _heap.ThrowIfDisposed();
            throw new StaleReferenceException($"{member} of {this}: this membuf has ended. Take a reference before the last one is given back.", _record->Address);
        }

        return tag;
    }
}
