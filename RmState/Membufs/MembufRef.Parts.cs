using System.Buffers;
using Rm.Violations;

namespace Rm.Membufs;

// A handle's way from variable to variable, and the parts of its block.
public readonly unsafe partial struct MembufRef
{
    /// <summary>Passes a handle on, so that one variable stands for the reference at any time.</summary>
    /// <param name="source">The variable; <c>default</c> afterwards.</param>
    /// <returns>What was in it.</returns>
    public static MembufRef Move(ref MembufRef source)
    {
        MembufRef moved = source;
        source = default;
        return moved;
    }

    /// <summary>Gives a handle's reference back and clears the variable, so that it is not used again. Mirrors <c>membuf_deref</c>.</summary>
    /// <param name="handle">
    /// The variable; <c>default</c> when this returns or throws what an onFree threw. <c>default</c> in it does nothing.
    /// </param>
    /// <returns>The remaining count; 0 when the block is gone.</returns>
    /// <inheritdoc cref="Deref()"/>
    public static long Deref(ref MembufRef handle)
    {
        MembufRef given = handle;
        if (given._heap is null)
        {
            return 0;
        }

        ulong tag = given.Tag(nameof(Deref));
        handle = default;
        CountOutcome outcome = given._heap.Deref(given._record, tag, out long remaining);
        if (outcome != CountOutcome.Counted)
        {
            if (given._heap.IsDisposing)
            {
                return 0;
            }

            handle = given;
            return given._heap.Refuse(outcome, nameof(Deref), given._record->Address);
        }

        return remaining;
    }

    /// <summary>Makes a holder of a part of the block, with a reference of its own: the block lives as long as any of its holders.</summary>
    /// <param name="offset">Where the part begins, in bytes from the block's start.</param>
    /// <param name="size">Its length in bytes; 0 is a part too.</param>
    /// <returns>The part, whose reference is to be given back by <see cref="MembufSlice.Deref(ref MembufSlice)"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the block; nothing changed.</exception>
    /// <inheritdoc cref="Ref"/>
    public MembufSlice Slice(nuint offset, nuint size)
    {
        MembufSlice.ThrowIfOutside(offset, size, Size);
        Ref();
        return new MembufSlice(this, offset, size);
    }

    /// <summary>
    /// Makes two holders of disjoint parts out of one of the whole: the handle's reference passes to the first, the second gets one of its own.
    /// </summary>
    /// <param name="source">The handle; <c>default</c> afterwards, as it was when this throws.</param>
    /// <param name="at">Where the second part begins, in bytes from the block's start; 0 up to its size.</param>
    /// <returns>The parts, each of whose references is to be given back by <see cref="MembufSlice.Deref(ref MembufSlice)"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="at"/> lies behind the block's end; nothing changed.</exception>
    /// <inheritdoc cref="Ref"/>
    public static (MembufSlice Head, MembufSlice Tail) Split(ref MembufRef source, nuint at)
    {
        MembufRef whole = source;
        var slice = new MembufSlice(whole, 0, whole.Size);
        (MembufSlice Head, MembufSlice Tail) parts = MembufSlice.Split(ref slice, at);
        source = default;
        return parts;
    }

    /// <summary>Lets a function read and write the block, under a reference taken for the time: the function may give others back.</summary>
    /// <typeparam name="TArgument">What the function needs besides.</typeparam>
    /// <param name="argument">What the function needs besides.</param>
    /// <param name="action">The function; its span ends with it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="action"/> is null.</exception>
    /// <exception cref="ArgumentException">The block is larger than a span, which is 2 GiB; take slices of it.</exception>
    /// <inheritdoc cref="Ref"/>
    public void Access<TArgument>(TArgument argument, SpanAction<byte, TArgument> action) => Access(0, Size, argument, action);

    /// <summary>Gives up the end of the block, where it stands; see <see cref="MembufHeap.Shrink(nint, nuint)"/>.</summary>
    /// <param name="newSize">Bytes to keep.</param>
    /// <returns>Bytes of memory that went back to the arena or to the system.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="newSize"/> is above the present size.</exception>
    /// <exception cref="SharedBlockException">There are other references; nothing changed.</exception>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="FinalizingBlockException">Its last reference has ended, and its end is under way.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public nuint Shrink(nuint newSize)
    {
        _ = Tag(nameof(Shrink));
        return _heap!.Shrink(_record, newSize);
    }

    internal void Access<TArgument>(nuint offset, nuint size, TArgument argument, SpanAction<byte, TArgument> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        if (size > int.MaxValue)
        {
            throw new ArgumentException($"{size} bytes are more than a span holds. Take slices.", nameof(action));
        }

        Ref();
        try
        {
            action(new Span<byte>((byte*)_record->Address + offset, (int)size), argument);
        }
        finally
        {
            Deref();
        }
    }
}
