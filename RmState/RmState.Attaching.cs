using System.Runtime.CompilerServices;
using Rm.Arenas;
using Rm.Counting;

namespace Rm;

public sealed unsafe partial class RmState
{
    /// <summary>
    /// Begins to track a block that libc's malloc allocated, by whomever, with a count of 1; the last release frees it with
    /// libc's free. Mirrors <c>rm_attach</c>, which makes a second entry of a pointer it tracks already.
    /// </summary>
    /// <param name="block">The block, of unknown size.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="Violations.AlreadyTrackedException">The state tracks the pointer; its count is unchanged.</exception>
    /// <exception cref="Violations.FinalizingBlockException">The block's deallocator runs.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the entry; the caller still owns the block.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public void RmAttach(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        StateHeader* h = _header;
        long operations = h->Operations;
        ulong* home = h->Slots + (PointerHash.Of(block, h->Seed) >> h->Shift);
        ulong* entry = PointerTable.NearSlot(home);
        if (*entry == Slot.Empty && (operations & 1) == 0 && *home >> Slot.AddressShift != (ulong)block && CanAttachPlain(h, block))
        {
            h->Operations = operations + 1;
            *entry = Slot.Live(block, BlockInfo.None);
            h->Last = entry;
            CountAttach(h);
            h->Operations = operations + 2;
            GC.KeepAlive(this);
            return;
        }

        AttachElsewhere(block, operations, file, line);
    }

    /// <summary>As <see cref="RmAttach(nint, string, int)"/>, for a block of known size.</summary>
    /// <param name="block">The block.</param>
    /// <param name="size">Its size in bytes; counted in the live bytes, never checked.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    public void RmAttach(nint block, nuint size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        AttachOrThrow(block, default, size, nameof(RmAttach), file, line);

    /// <summary>Begins to track a block that a managed deallocator frees when its last reference goes.</summary>
    /// <param name="block">The block; any address that is not null.</param>
    /// <param name="deallocator">
    /// Called once with the block, outside any operation: it may use the state. What it throws surfaces from the call that
    /// released the block. The state keeps it alive.
    /// </param>
    /// <param name="size">The block's size in bytes, or null if unknown.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> or <paramref name="deallocator"/> is null.</exception>
    /// <exception cref="Violations.AlreadyTrackedException">The state tracks the pointer; its count is unchanged.</exception>
    /// <exception cref="Violations.FinalizingBlockException">The block's deallocator runs.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the entry; the caller still owns the block.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's; the deallocator runs on the thread of the last release.</remarks>
    public void RmAttach(
        nint block, Action<nint> deallocator, nuint? size = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(deallocator);
        AttachOrThrow(block, new Deallocator(deallocator), size, nameof(RmAttach), file, line);
    }

    /// <summary>Begins to track a block that a native function of one argument frees, such as a library's own free.</summary>
    /// <param name="block">The block; any address that is not null.</param>
    /// <param name="deallocator">Called once with the block; must stay loaded for as long as the block is tracked.</param>
    /// <param name="size">The block's size in bytes, or null if unknown.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> or <paramref name="deallocator"/> is null.</exception>
    /// <exception cref="Violations.AlreadyTrackedException">The state tracks the pointer; its count is unchanged.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the entry; the caller still owns the block.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1), nothing on the managed heap. Thread rule: the state's.</remarks>
    public void RmAttach(
        nint block, delegate* unmanaged<void*, void> deallocator, nuint? size = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull((void*)deallocator, nameof(deallocator));
        AttachOrThrow(block, new Deallocator((nint)deallocator), size, nameof(RmAttach), file, line);
    }

    /// <summary>Begins to track a block that a native function of the block and a context frees.</summary>
    /// <param name="block">The block; any address that is not null.</param>
    /// <param name="deallocator">Called once with the block and the context; must stay loaded for as long as the block is tracked.</param>
    /// <param name="context">Handed to the deallocator; may be null.</param>
    /// <param name="size">The block's size in bytes, or null if unknown.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> or <paramref name="deallocator"/> is null.</exception>
    /// <exception cref="Violations.AlreadyTrackedException">The state tracks the pointer; its count is unchanged.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the entry; the caller still owns the block.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1), nothing on the managed heap. Thread rule: the state's.</remarks>
    public void RmAttach(
        nint block, delegate* unmanaged<void*, void*, void> deallocator, void* context, nuint? size = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull((void*)deallocator, nameof(deallocator));
        AttachOrThrow(block, new Deallocator((nint)deallocator, (nint)context), size, nameof(RmAttach), file, line);
    }

    /// <summary>As <see cref="RmAttach(nint, string, int)"/>, if the block can be attached.</summary>
    /// <param name="block">Any pointer.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False, and nothing changed, when the pointer is null, tracked or finalizing, or there is no memory.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    public bool RmTryAttach(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Attach(block, default, null, file, line) == Outcome.Done;

    /// <summary>As <see cref="RmAttach(nint, Action{nint}, nuint?, string, int)"/>, if the block can be attached.</summary>
    /// <param name="block">Any pointer.</param>
    /// <param name="deallocator">What frees the block.</param>
    /// <param name="size">The block's size in bytes, or null if unknown.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False, and nothing changed, when the pointer is null, tracked or finalizing, or there is no memory.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="deallocator"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    public bool RmTryAttach(
        nint block, Action<nint> deallocator, nuint? size = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(deallocator);
        return Attach(block, new Deallocator(deallocator), size, file, line) == Outcome.Done;
    }

    /// <summary>
    /// Attaches a block, or adds a reference if the state tracks it already. Mirrors the constructor of cbeam's
    /// stable_reference_buffer from a known address.
    /// </summary>
    /// <param name="block">A block of libc's malloc, or a tracked one.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The count afterwards; 1 when it was attached.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="Violations.FinalizingBlockException">The block's deallocator runs.</exception>
    /// <exception cref="OverflowException">The count is <see cref="long.MaxValue"/>; it stays so.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the entry; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public long RmAttachOrRetain(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        AttachOrRetain(block, default, null, file, line);

    /// <summary>As <see cref="RmAttachOrRetain(nint, string, int)"/>, with a deallocator for the case that it attaches.</summary>
    /// <param name="block">A block.</param>
    /// <param name="deallocator">What frees the block if this call attaches it; else it is not kept.</param>
    /// <param name="size">The block's size in bytes, or null if unknown.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The count afterwards; 1 when it was attached.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> or <paramref name="deallocator"/> is null.</exception>
    public long RmAttachOrRetain(
        nint block, Action<nint> deallocator, nuint? size = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(deallocator);
        return AttachOrRetain(block, new Deallocator(deallocator), size, file, line);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool CanAttachPlain(StateHeader* h, nint block) =>
        (h->Modes & (StateModes.Closing | StateModes.Noted)) == 0 && _usesMalloc && block != 0 && Slot.FitsSlot(block) && h->Live < h->GrowAt;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CountAttach(StateHeader* h)
    {
        h->Attaches++;
        long live = h->Live + 1;
        h->Live = live;
        if (live > h->PeakLive)
        {
            h->PeakLive = live;
        }
    }

    // The rest of the way of an attach that met a crowded home, while the table is open; else the general path.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AttachElsewhere(nint block, long operations, string file, int line)
    {
        StateHeader* h = _header;
        ulong* entry;
        if ((operations & 1) == 0 && CanAttachPlain(h, block) && (entry = PointerTable.TryInsertOpen(h, block, BlockInfo.None)) != null)
        {
            h->Operations = operations + 1;
            h->Last = entry;
            CountAttach(h);
            h->Operations = operations + 2;
            GC.KeepAlive(this);
            return;
        }

        AttachOrThrow(block, default, null, nameof(RmAttach), file, line);
    }

    private long AttachOrRetain(nint block, Deallocator deallocator, nuint? size, string file, int line)
    {
        if (RmContains(block))
        {
            Outcome retained = Retain(block, out long count, file, line);
            return retained == Outcome.Done ? count : Refuse(retained, block, nameof(RmAttachOrRetain), file, line);
        }

        return AttachOrThrow(block, deallocator, size, nameof(RmAttachOrRetain), file, line) ? 1 : 0;
    }

    // False where a refusal is reported rather than thrown.
    private bool AttachOrThrow(nint block, Deallocator deallocator, nuint? size, string member, string file, int line)
    {
        Outcome outcome = Attach(block, deallocator, size, file, line);
        if (outcome != Outcome.Done)
        {
            _ = Refuse(outcome, block, member, file, line, size ?? 0);
        }

        return outcome == Outcome.Done;
    }

    private Outcome Attach(nint block, Deallocator deallocator, nuint? size, string file, int line)
    {
        if (size > (nuint)nint.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(size), (ulong)size, "No block is larger than half the address space; pass null for an unknown size.");
        }

        StateHeader* h = Begin();
        Outcome outcome = Attachable(block);
        uint info = BlockInfo.None;
        byte* mark = null;
        if (outcome == Outcome.Done && IsInHeap(block, out mark))
        {
            if (mark != null && deallocator.Kind == DeallocatorKind.LibC)
            {
                return AttachCounted(mark, block, file, line);
            }

            outcome = mark == null ? Outcome.NotInUse : outcome;
        }

        if (outcome == Outcome.Done && !PrepareAttached(block, deallocator, size, out info))
        {
            outcome = Outcome.NoMemory;
        }

        if (outcome == Outcome.Done && _table.Insert(block, info) == null)
        {
            DropRecord(info);
            outcome = Outcome.NoMemory;
        }

        if (outcome != Outcome.Done)
        {
            Cancel();
            return outcome;
        }

        if (mark != null)
        {
            // Nobody may free it at the heap while it is attached.
            *mark = Mark.Elsewhere;
        }

        AddBytes(h, size ?? 0);
        h->Attaches++;
        Commit();
        NoteSized(RmOperation.Attach, block, 0, size ?? StateEvent.UnknownSize, AllocationKind.Plain, 0, file, line);
        GC.KeepAlive(this);
        return Outcome.Done;
    }

    private Outcome Attachable(nint block)
    {
        if (IsEnding)
        {
            Cancel();
            ThrowDisposed();
        }

        if (block == 0)
        {
            return Outcome.Null;
        }

        if (FindCounted(block, out _) != null)
        {
            return Outcome.AlreadyTracked;
        }

        ulong* entry = _table.Find(block);
#if RM_MUTATIONS
        if (entry != null && Mutation.Is(Mutation.SecondAttachCounts) && Slot.Count(*entry) < Slot.MaxInline)
        {
            *entry += 1;
        }
#endif
        return entry == null ? Outcome.Done
            : Slot.Count(*entry) == Slot.Finalizing ? Outcome.Finalizing : Outcome.AlreadyTracked;
    }

    /// <summary>Makes room for an attached block's entry, and its info with the record it may need.</summary>
    private bool PrepareAttached(nint block, Deallocator deallocator, nuint? size, out uint info, int alignmentLog2 = 0)
    {
        info = BlockInfo.None;
        if (!PrepareTable())
        {
            return false;
        }

        if (deallocator.Kind == DeallocatorKind.LibC && size is not >= BlockInfo.FirstLargeSize && !IsSited && alignmentLog2 == 0)
        {
            // Over malloc an attached block is freed like any other: without a size it has no info.
            if (_usesMalloc && size is null)
            {
                return true;
            }

            info = size is { } known ? BlockInfo.Attached(known) : BlockInfo.AttachedUnknown;
            return _table.EnsureInfo();
        }

        uint index = _table.EnsureInfo() ? _table.NewRecord(block, BlockInfo.AttachedUnknown) : 0;
        if (index == 0)
        {
            return false;
        }

        SideRecord* record = _table.Records.At(index);
        record->Size = size ?? SideRecord.UnknownSize;
        record->Function = deallocator.Function;
        record->Context = deallocator.Delegate is { } managed ? _deallocators.Add(managed) : deallocator.Context;
        record->Kind = deallocator.Kind;
        record->AlignmentLog2 = (byte)alignmentLog2;
        info = BlockInfo.OfRecord(index);
        return true;
    }
}
