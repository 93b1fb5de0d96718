using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rm.Violations;
using Protocol = Rm.Membufs.MembufCounting<Rm.Membufs.NativeCountMemory>;

namespace Rm.Membufs;

// References by address. The map is asked before a record is read, and the record before it is believed.
public sealed unsafe partial class MembufHeap
{
    /// <summary>Takes a reference of a block, under one that somebody has meanwhile. Mirrors <c>membuf_ref</c>.</summary>
    /// <param name="block">A block of this heap.</param>
    /// <returns>The new count; while other threads count too, as of a moment ago.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="UntrackedPointerException">No live membuf of this heap begins there.</exception>
    /// <exception cref="FinalizingBlockException">Its last reference has ended, and its end is under way.</exception>
    /// <exception cref="OverflowException">The count is at its limit, 2^32 - 1; it stays there.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>O(1). No atomic instruction on the thread that allocated the block while no other touched it; else one.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Ref(nint block)
    {
        ulong identity = ThreadIdentity.Current;
        MembufRecord* record = HeapHead.Find(_head, block);
        if (record != null && record->Address == block && (record->Tag & MembufRecord.OwnerMask) == identity
            && Protocol.TryRetainOwned(record, out long count))
        {
            GC.KeepAlive(this);
            return count;
        }

        return RefElsewhere(block);
    }

    /// <summary>
    /// Gives a reference of a block back; the last one ends it. Mirrors <c>membuf_deref</c>.
    /// </summary>
    /// <param name="block">A block of this heap; null does nothing.</param>
    /// <returns>
    /// The remaining count; 0 when the block is gone. While other threads give references back at the same moment it may be one that theirs
    /// have just ended, and more than one of them may find the block gone.
    /// </returns>
    /// <exception cref="UntrackedPointerException">No membuf of this heap begins there.</exception>
    /// <exception cref="DoubleFreeException">The block is gone already.</exception>
    /// <exception cref="FinalizingBlockException">Its last reference has ended, and its end is under way.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <exception cref="AggregateException">Several onFree threw, of this block and of those it released; one alone is thrown as it is.</exception>
    /// <remarks>O(1). Needs no memory. No atomic instruction on the thread that allocated the block while no other touched it.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Deref(nint block)
    {
        ulong identity = ThreadIdentity.Current;
        MembufRecord* record = HeapHead.Find(_head, block);
        if (record != null && record->Address == block)
        {
            ulong tag = record->Tag;
            if ((tag & MembufRecord.OwnerMask) == identity)
            {
                if (Protocol.TryReleaseOwned(record, out long remaining))
                {
                    GC.KeepAlive(this);
                    return remaining;
                }

                return DerefLast(record, tag);
            }

            if (MembufRecord.IsTaken(tag))
            {
                return DerefSlowly(record, tag, block);
            }
        }

        return DerefElsewhere(block);
    }

    /// <summary>Gives a reference of a block back and clears the variable it was in, so that it is not used again. Mirrors <c>membuf_deref</c>.</summary>
    /// <param name="block">The variable; null when this returns or throws what an onFree threw. Null in it does nothing.</param>
    /// <returns>The remaining count; 0 when the block is gone.</returns>
    /// <inheritdoc cref="Deref(nint)"/>
    public long Deref(ref nint block)
    {
        nint given = block;
        if (given == 0 || (IsDisposed && IsDisposing && Find(given) != null))
        {
            block = 0;
            return 0;
        }

        // Cleared before anything of others runs, and set again only if nothing was given back: an onFree may throw whatever it likes.
        MembufRecord* record = FindOrThrow(given, nameof(Deref), out ulong tag);
        block = 0;
        CountOutcome outcome = Deref(record, tag, out long remaining);
        if (outcome != CountOutcome.Counted)
        {
            block = given;
            return Refuse(outcome, nameof(Deref), given);
        }

        return remaining;
    }

    /// <summary>Takes a reference if the address is a live membuf's.</summary>
    /// <param name="block">Any address.</param>
    /// <param name="count">The new count; 0 when there is no such block.</param>
    /// <returns>False, and nothing changed, when there is none, or its count is at its limit.</returns>
    public bool TryRef(nint block, out long count)
    {
        count = 0;
        MembufRecord* record = FindTaken(block, out ulong tag);
        return record != null && Ref(record, tag, out count) == CountOutcome.Counted;
    }

    /// <summary>Gives a reference back if the address is a live membuf's.</summary>
    /// <param name="block">Any address.</param>
    /// <param name="remaining">The remaining count.</param>
    /// <returns>False, and nothing changed, when there is no such block.</returns>
    /// <exception cref="AggregateException">As <see cref="Deref(nint)"/>.</exception>
    public bool TryDeref(nint block, out long remaining)
    {
        remaining = 0;
        MembufRecord* record = FindTaken(block, out ulong tag);
        return record != null && Deref(record, tag, out remaining) == CountOutcome.Counted;
    }

    /// <summary>How many references a block has. Mirrors <c>membuf_get_refs</c>.</summary>
    /// <param name="block">A block of this heap.</param>
    /// <returns>The count, as of a moment ago while other threads change it; 0 while its end is under way.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="UntrackedPointerException">No live membuf of this heap begins there.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public long RefCount(nint block)
    {
        MembufRecord* record = FindOrThrow(block, nameof(RefCount), out _);
        long count = Protocol.CountOfBlock(record, RecordChunk.ShareOf(record));
        GC.KeepAlive(this);
        return count;
    }

    /// <summary>
    /// Whether the caller's reference is the only one, so that it may change the block. What the others wrote before they gave theirs back is
    /// seen by what follows. Mirrors the test <c>membuf_get_refs(p) == 1</c>.
    /// </summary>
    /// <param name="block">A block of this heap of which the caller has a reference.</param>
    /// <returns>False when there are others; a moment later there may be none.</returns>
    /// <inheritdoc cref="RefCount"/>
    public bool IsUnique(nint block)
    {
        MembufRecord* record = FindOrThrow(block, nameof(IsUnique), out _);
        bool unique = Protocol.IsUnique(record, RecordChunk.ShareOf(record));
        GC.KeepAlive(this);
        return unique;
    }

    /// <summary>A block's size as it was asked for, or as shrinking left it.</summary>
    /// <param name="block">A block of this heap.</param>
    /// <returns>Bytes.</returns>
    /// <inheritdoc cref="RefCount"/>
    public nuint SizeOf(nint block)
    {
        nuint size = MembufRecord.LengthOf(FindOrThrow(block, nameof(SizeOf), out _));
        GC.KeepAlive(this);
        return size;
    }

    /// <summary>A handle of a block, which fails cleanly once the block is gone. Takes no reference.</summary>
    /// <param name="block">A block of this heap.</param>
    /// <returns>The handle.</returns>
    /// <inheritdoc cref="RefCount"/>
    public MembufRef HandleOf(nint block)
    {
        MembufRecord* record = FindOrThrow(block, nameof(HandleOf), out ulong tag);
        return new MembufRef(this, record, tag);
    }

    /// <summary>Whether a live membuf of this heap begins at an address.</summary>
    /// <param name="address">Any address.</param>
    /// <returns>False for those of others, and for blocks whose end is under way.</returns>
    public bool IsLive(nint address)
    {
        MembufRecord* record = FindTaken(address, out _);
        return record != null && Protocol.CountOfBlock(record, RecordChunk.ShareOf(record)) != 0;
    }

    /// <summary>Takes a reference in the general way; for handles too.</summary>
    internal long RefSlowly(MembufRecord* record, ulong tag, nint block)
    {
        CountOutcome outcome = Ref(record, tag, out long count);
        return outcome == CountOutcome.Counted ? count : Refuse(outcome, nameof(Ref), block);
    }

    /// <summary>Gives a reference back in the general way; for handles too.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal long DerefSlowly(MembufRecord* record, ulong tag, nint block)
    {
        if (IsDisposed && IsDisposing)
        {
            return 0;
        }

        CountOutcome outcome = Deref(record, tag, out long remaining);
        return outcome == CountOutcome.Counted ? remaining : Refuse(outcome, nameof(Deref), block);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long RefElsewhere(nint block)
    {
        MembufRecord* record = FindOrThrow(block, nameof(Ref), out ulong tag);
        return RefSlowly(record, tag, block);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long DerefElsewhere(nint block)
    {
        if (block == 0)
        {
            return 0;
        }

        if (IsDisposed && IsDisposing && Find(block) != null)
        {
            return 0;
        }

        MembufRecord* record = FindOrThrow(block, nameof(Deref), out ulong tag);
        return DerefSlowly(record, tag, block);
    }

    /// <summary>Takes back a reference that was counted in vain, and tells why it was.</summary>
    internal long RefuseRef(MembufRecord* record, ulong tag, long word)
    {
        nint block = record->Address;
        CountOutcome outcome = Protocol.AfterRetain(RecordChunk.ShareOf(record), word, out _);
        TakeBackStray(outcome, record);
        return Refuse(outcome, nameof(Ref), block);
    }

    /// <summary>Goes on with a release that the share has counted.</summary>
    internal long DerefFurther(MembufRecord* record, ulong tag, long word)
    {
        nint block = record->Address;
        CountOutcome outcome = Follow(record, Protocol.AfterRelease(record, RecordChunk.ShareOf(record), tag, word, out long remaining));
        return outcome == CountOutcome.Counted ? remaining
            : IsDisposed && IsDisposing ? 0
            : Refuse(outcome, nameof(Deref), block);
    }

    /// <summary>Gives the owner's last reference back, or one of a block that others touched.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal long DerefLast(MembufRecord* record, ulong tag) =>
        Protocol.IsLastOwned(record) && TryEndOwned(record, tag) ? 0 : DerefSlowly(record, tag, record->Address);

    private CountOutcome Ref(MembufRecord* record, ulong tag, out long count)
    {
        ulong identity = ThreadIdentity.Current;
        CountOutcome outcome = CountOutcome.Counted;
        if ((tag & MembufRecord.OwnerMask) != identity || !Protocol.TryRetainOwned(record, out count))
        {
            outcome = Protocol.Retain(record, RecordChunk.ShareOf(record), tag, identity, out count);
            TakeBackStray(outcome, record);
            if (_counts && outcome == CountOutcome.Counted)
            {
                Interlocked.Increment(ref _references);
            }
        }

        GC.KeepAlive(this);
        return outcome;
    }

    // What was counted on another block is taken back; it ends if its other references did meanwhile.
    private void TakeBackStray(CountOutcome outcome, MembufRecord* record)
    {
        if (outcome == CountOutcome.Stale)
        {
            _ = Deref(record, record->Tag, out _);
        }
    }

    /// <summary>Gives a reference back and does what follows; throws only what an onFree throws.</summary>
    /// <returns>What was wrong; <see cref="CountOutcome.Counted"/> for nothing.</returns>
    internal CountOutcome Deref(MembufRecord* record, ulong tag, out long remaining)
    {
        ulong identity = ThreadIdentity.Current;
        if ((tag & MembufRecord.OwnerMask) == identity)
        {
            if (Protocol.TryReleaseOwned(record, out remaining))
            {
                return CountOutcome.Counted;
            }

            if (Protocol.IsLastOwned(record))
            {
                remaining = 0;
                EndOwned(record, tag);
                return CountOutcome.Counted;
            }
        }

        return Follow(record, Protocol.Release(record, RecordChunk.ShareOf(record), tag, identity, out remaining));
    }

    private CountOutcome Follow(MembufRecord* record, CountOutcome outcome)
    {
        if (_counts && outcome is CountOutcome.Last or CountOutcome.Queue or CountOutcome.Counted)
        {
            Interlocked.Increment(ref _releases);
        }

        switch (outcome)
        {
            case CountOutcome.Last:
                EndShared(record);
                outcome = CountOutcome.Counted;
                break;
            case CountOutcome.Queue:
                Send(record);
                outcome = CountOutcome.Counted;
                break;
        }

        GC.KeepAlive(this);
        return outcome;
    }

    private MembufRecord* FindTaken(nint block, out ulong tag)
    {
        MembufRecord* record = Find(block);
        tag = record == null ? 0 : Volatile.Read(ref record->Tag);
        return MembufRecord.IsTaken(tag) ? record : null;
    }

    private MembufRecord* FindOrThrow(nint block, string member, out ulong tag)
    {
        if (block == 0)
        {
            throw new ArgumentNullException(nameof(block), $"{member} was given null: it needs the address of a block of {NameForMessages}.");
        }

        MembufRecord* record = FindTaken(block, out tag);
        if (record == null)
        {
            ThrowUnknown(block, member);
        }

        return record;
    }

    [DoesNotReturn]
    private void ThrowUnknown(nint block, string member)
    {
        ThrowIfDisposed();
        if (Find(block) != null)
        {
            throw string.Equals(member, nameof(Deref), StringComparison.Ordinal)
                ? new DoubleFreeException($"{member} of 0x{block:x}: the membuf there has ended already. Somebody gave back a reference that was not his; find the first.", block)
                : new UntrackedPointerException($"{member} of 0x{block:x}: the membuf there has ended. Take a reference before the last one is given back.", block);
        }

        throw new UntrackedPointerException(
            $"{member} of 0x{block:x}: no membuf of {NameForMessages} begins there{(Arena.Contains(block) ? ", though its arena has memory there; pass the address that was allocated" : "")}.", block);
    }

    [DoesNotReturn]
    internal long Refuse(CountOutcome outcome, string member, nint block)
    {
        ThrowIfDisposed();
        throw outcome switch
        {
            CountOutcome.Dead => new FinalizingBlockException($"{member} of 0x{block:x}: the last reference of this membuf has ended. It cannot come back.", block),
            CountOutcome.OverReleased => new DoubleFreeException($"{member} of 0x{block:x}: more references of this membuf are given back than there are. Somebody gives back one that is not his.", block),
            CountOutcome.Overflow => new OverflowException($"{member} of 0x{block:x}: the membuf has 2^32 - 1 references, and no more can be counted."),
            _ => new StaleReferenceException($"{member} of 0x{block:x}: the membuf has ended, and another one has its place. Take a reference while one is held.", block),
        };
    }
}
