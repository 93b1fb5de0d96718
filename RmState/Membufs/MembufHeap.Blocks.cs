using System.Runtime.CompilerServices;
using Rm.Arenas;
using Rm.Violations;

namespace Rm.Membufs;

// Allocating: from the records at hand, and the general way.
public sealed unsafe partial class MembufHeap
{
    private const nuint DefaultAlignment = 16;

    // As many as are taken from a pool at once, of a few sizes.
    private const int MailAtOnce = 64;
    private const int MailBeforeLarge = 2;

    /// <summary>Allocates a block with one reference, the caller's. Mirrors <c>membuf_alloc</c>.</summary>
    /// <param name="size">Bytes; 0 gives a unique, non-null block.</param>
    /// <returns>The block, aligned to at least 16 bytes, its contents undefined.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory, or the arena's limit is reached; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <exception cref="AggregateException">
    /// Blocks whose end was left to this thread were ended first, and several onFree threw; one alone is thrown as it is. Nothing was allocated.
    /// </exception>
    /// <remarks>O(1). No lock and no atomic instruction where a block of the size is at hand.</remarks>
    public nint Alloc(nuint size) => Take(size, out _)->Address;

    /// <summary>Allocates a block with one reference, the caller's. Mirrors <c>membuf_alloc</c>.</summary>
    /// <param name="size">Bytes; 0 gives a unique, non-null block.</param>
    /// <param name="alignment">A power of two; 0 for 16.</param>
    /// <param name="onFree">Called once with the block when its last reference has ended, before its memory is used again; null for nothing.</param>
    /// <returns>The block, its contents undefined.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alignment"/> is not a power of two.</exception>
    /// <inheritdoc cref="Alloc(nuint)"/>
    public nint Alloc(nuint size, nuint alignment, delegate* unmanaged<nint, void> onFree = null) =>
        Take(size, alignment, NumberOf(onFree))->Address;

    /// <summary>Allocates a block with one reference, the caller's. Mirrors <c>membuf_alloc</c>.</summary>
    /// <param name="size">Bytes; 0 gives a unique, non-null block.</param>
    /// <param name="alignment">A power of two; 0 for 16.</param>
    /// <param name="policy">What is done at the block's end.</param>
    /// <returns>The block, its contents undefined.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="policy"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="policy"/> is another heap's.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alignment"/> is not a power of two.</exception>
    /// <inheritdoc cref="Alloc(nuint)"/>
    public nint Alloc(nuint size, nuint alignment, MembufPolicy policy) => Take(size, alignment, NumberOf(policy))->Address;

    /// <summary>Allocates a block if there is memory.</summary>
    /// <param name="size">Bytes; 0 gives a unique, non-null block.</param>
    /// <param name="block">The block; 0 when there is no memory.</param>
    /// <param name="alignment">A power of two; 0 for 16.</param>
    /// <param name="policy">What is done at the block's end, or null.</param>
    /// <returns>False, and nothing changed, when there is no memory.</returns>
    /// <inheritdoc cref="Alloc(nuint, nuint, MembufPolicy)"/>
    public bool TryAlloc(nuint size, out nint block, nuint alignment = 0, MembufPolicy? policy = null)
    {
        MembufRecord* record = TryTake(size, alignment, policy is null ? (ushort)0 : NumberOf(policy));
        block = record == null ? 0 : record->Address;
        return record != null;
    }

    /// <summary>Allocates a block with one reference, the caller's, and returns a handle of it.</summary>
    /// <param name="size">Bytes; 0 gives a unique block of no bytes.</param>
    /// <returns>The handle; the block's contents are undefined.</returns>
    /// <inheritdoc cref="Alloc(nuint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MembufRef AllocRef(nuint size)
    {
        MembufRecord* record = Take(size, out ulong tag);
        return new MembufRef(this, record, tag);
    }

    /// <summary>Allocates a block with one reference, the caller's, and returns a handle of it.</summary>
    /// <param name="size">Bytes; 0 gives a unique block of no bytes.</param>
    /// <param name="alignment">A power of two; 0 for 16.</param>
    /// <param name="onFree">Called once with the block when its last reference has ended, before its memory is used again; null for nothing.</param>
    /// <returns>The handle; the block's contents are undefined.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alignment"/> is not a power of two.</exception>
    /// <inheritdoc cref="Alloc(nuint)"/>
    public MembufRef AllocRef(nuint size, nuint alignment, delegate* unmanaged<nint, void> onFree = null) =>
        new(this, Take(size, alignment, NumberOf(onFree)));

    /// <summary>Allocates a block with one reference, the caller's, and returns a handle of it.</summary>
    /// <param name="size">Bytes; 0 gives a unique block of no bytes.</param>
    /// <param name="alignment">A power of two; 0 for 16.</param>
    /// <param name="policy">What is done at the block's end.</param>
    /// <returns>The handle; the block's contents are undefined.</returns>
    /// <inheritdoc cref="Alloc(nuint, nuint, MembufPolicy)"/>
    public MembufRef AllocRef(nuint size, nuint alignment, MembufPolicy policy) => new(this, Take(size, alignment, NumberOf(policy)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private MembufRecord* Take(nuint size, out ulong tag)
    {
        ulong identity = ThreadIdentity.Current;
        HeapHead* head = _head;
        HomeTables* home = *HeapHead.NearbyAt(head, identity);
        if (home->Open == identity && size <= HomeTables.LargestBySize)
        {
            Magazine* magazine = HomeTables.SmallMagazine(home, size);
            MembufRecord** top = magazine->Top;
            if (top != magazine->Bottom)
            {
                MembufRecord* record = *--top;
                magazine->Top = top;
                home->Allocations++;
                record->Extent = size;
                record->Tag = tag = record->Tag - MembufRecord.Free + identity;
                GC.KeepAlive(this);
                return record;
            }
        }

        MembufRecord* taken = Take(size, 0, 0);
        tag = taken->Tag;
        return taken;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private MembufRecord* Take(nuint size, nuint alignment, ushort policy)
    {
        MembufRecord* record = TryTake(size, alignment, policy);
        return record != null ? record : throw NoMemory.For($"a membuf of {size} bytes; release some, or raise the arena's limit");
    }

    private MembufRecord* TryTake(nuint size, nuint alignment, ushort policy)
    {
        if (alignment != 0 && !nuint.IsPow2(alignment))
        {
            throw new ArgumentOutOfRangeException(nameof(alignment), (ulong)alignment, "An alignment is a power of two.");
        }

        int number = ClassFor(size, alignment);
        MembufHome? home = FindOrMakeHome();
        if (home is null || size > MembufRecord.LengthMask)
        {
            return null;
        }

        if (size > HomeTables.LargestBySize)
        {
            // What others have just sent back is still in a cache, and worth more than what lies at hand. More of it than there is
            // room for would go to the pool, which gives its pages back; it waits where it is instead.
            SettleMail(home, Math.Min(MailBeforeLarge, RoomAtHand(home.Tables, number)));
        }

        MembufRecord* record = TakeAtHand(home.Tables, number);
        if (record == null)
        {
            // What others sent back may be just what is wanted.
            SettleMail(home, Math.Min(MailAtOnce, RoomAtHand(home.Tables, number)));
            Begin(home);
            try
            {
                record = TakeElsewhere(home, number, size, alignment);
            }
            finally
            {
                End(home);
            }
        }

        if (record != null)
        {
            Occupy(home, record, size, policy);
        }

        return record;
    }

    // Of a pass-through arena malloc hands out every block as it was asked for.
    private int ClassFor(nuint size, nuint alignment)
    {
        int number = Arena.IsPassThrough || alignment > Granule.Bytes || size > SizeClasses.Largest ? 0
            : alignment <= DefaultAlignment ? SizeClasses.Of(size)
            : SizeClasses.Of(size, alignment);
        return number < HomeTables.Magazines ? number : 0;
    }

    // The record is this thread's alone until it is handed out.
    private static void Occupy(MembufHome home, MembufRecord* record, nuint size, ushort policy)
    {
        HomeTables* tables = home.Tables;
        tables->Allocations++;
        record->Extent = MembufRecord.ExtentOf(size, policy);
        ulong owner = tables->Identity;
        if (owner > MembufRecord.LastOwner)
        {
            owner = MembufRecord.Shared;
            record->Local = 0;
            RecordChunk.ShareOf(record)->Word += MembufShare.Merged + 1;
        }

        record->Tag = (record->Tag & ~MembufRecord.OwnerMask) | owner;
    }

    // Of blocks without a magazine each is taken from the pool and goes back to it.
    private static int RoomAtHand(HomeTables* home, int number)
    {
        Magazine* magazine = HomeTables.MagazineAt(home, number);
        return number == 0 ? MailAtOnce : (int)(magazine->End - magazine->Top);
    }

    private static MembufRecord* TakeAtHand(HomeTables* home, int number)
    {
        Magazine* magazine = HomeTables.MagazineAt(home, number);
        if (magazine->Top == magazine->Bottom || home->Open != home->Identity)
        {
            return null;
        }

        home->Above -= magazine->Top > magazine->Limit ? magazine->Stride : 0;
        return *--magazine->Top;
    }

    private MembufRecord* TakeElsewhere(MembufHome home, int number, nuint size, nuint alignment)
    {
        if (number == 0)
        {
            nint block = home.Pool.Take(size, alignment, zeroed: false, Mark.Live);
            return block == 0 ? null : Place(home, block, number);
        }

        Magazine* magazine = HomeTables.MagazineAt(home.Tables, number);
        return magazine->Top != magazine->Bottom || Refill(home, number) ? *--magazine->Top : null;
    }

    private bool Refill(MembufHome home, int number)
    {
        Magazine* magazine = HomeTables.MagazineAt(home.Tables, number);
        int wanted = magazine->Batch;
        for (int i = 0; i < wanted; i++)
        {
            nint block = home.Pool.Take(magazine->Stride, 0, zeroed: false, Mark.Live);
            MembufRecord* record = block == 0 ? null : Place(home, block, number);
            if (record == null)
            {
                break;
            }

            *magazine->Top++ = record;
        }

        // The first taken is the lowest, and goes out first.
        new Span<nint>(magazine->Bottom, magazine->Count).Reverse();
        return magazine->Top != magazine->Bottom;
    }

    /// <summary>Begins a long way in a home: as its thread, or under the lock when it has none.</summary>
    /// <exception cref="ObjectDisposedException">The heap is closed.</exception>
    private void Begin(MembufHome home)
    {
        HomeTables* tables = home.Tables;
        if (tables->Busy != 0)
        {
            throw new ConcurrentUseException($"{NameForMessages} was used by something that its arena called in the middle of an operation. Use it afterwards.");
        }

        // Either this sees that the heap is closed, or whoever closes it sees this, and waits.
        Interlocked.Exchange(ref tables->Busy, 1);
        tables->Open = HomeTables.Nobody;
        if (IsDisposed)
        {
            Volatile.Write(ref tables->Busy, 0);
            ThrowIfDisposed();
        }
    }

    private void End(MembufHome home)
    {
        HomeTables* tables = home.Tables;
        tables->Open = tables->Identity;
        Volatile.Write(ref tables->Busy, 0);
        GC.KeepAlive(this);
    }
}
