using System.Buffers;
using System.Diagnostics;
using Rm.Violations;

namespace Rm.Membufs;

/// <summary>
/// A holder of a part of a membuf: it stands for one reference of the block, whose memory goes when all who hold any part of it are done.
/// Made by <see cref="MembufRef.Slice"/> and <see cref="MembufRef.Split"/>. Copying the value takes no reference, <see cref="Ref"/> does.
/// </summary>
/// <remarks>Thread rule: any thread, each with a reference of its own. <c>default</c> names no block.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct MembufSlice
{
    private readonly MembufRef _whole;

    internal MembufSlice(MembufRef whole, nuint offset, nuint size)
    {
        _whole = whole;
        Offset = offset;
        Size = size;
    }

    /// <summary>The handle of the whole block, which has no reference besides this part's.</summary>
    public MembufRef Whole => _whole;

    /// <summary>Where the part begins, in bytes from the block's start.</summary>
    public nuint Offset { get; }

    /// <summary>The part's length in bytes.</summary>
    public nuint Size { get; }

    /// <summary>Whether it names no block, as <c>default</c> does, and what was moved from.</summary>
    public bool IsNone => _whole.IsNone;

    /// <summary>Whether its block has references still.</summary>
    public bool IsAlive => _whole.IsAlive;

    /// <summary>Where the part begins.</summary>
    /// <exception cref="StaleReferenceException">The block is gone or was shrunk to less, or this is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public nint Address
    {
        get
        {
            ThrowIfCutOff();
            return _whole.Block + (nint)Offset;
        }
    }

    /// <summary>Takes a reference of the block, for a copy of this part.</summary>
    /// <returns>The block's new count; while other threads count too, as of a moment ago.</returns>
    /// <inheritdoc cref="MembufRef.Ref"/>
    public long Ref() => _whole.Ref();

    /// <summary>Gives the part's reference back; the last one of the block ends it.</summary>
    /// <returns>The block's remaining count; 0 when it is gone.</returns>
    /// <inheritdoc cref="MembufRef.Deref()"/>
    public long Deref() => _whole.Deref();

    /// <summary>Gives a part's reference back and clears the variable, so that it is not used again.</summary>
    /// <param name="slice">
    /// The variable; <c>default</c> when this returns or throws what an onFree threw. <c>default</c> in it does nothing.
    /// </param>
    /// <returns>The block's remaining count; 0 when it is gone.</returns>
    /// <inheritdoc cref="MembufRef.Deref()"/>
    public static long Deref(ref MembufSlice slice)
    {
        MembufSlice given = slice;
        MembufRef whole = given._whole;
        slice = default;
        try
        {
            return MembufRef.Deref(ref whole);
        }
        finally
        {
            // Not given back: it stays the caller's.
            if (!whole.IsNone)
            {
                slice = given;
            }
        }
    }

    /// <summary>Passes a part on, so that one variable stands for the reference at any time.</summary>
    /// <param name="source">The variable; <c>default</c> afterwards.</param>
    /// <returns>What was in it.</returns>
    public static MembufSlice Move(ref MembufSlice source)
    {
        MembufSlice moved = source;
        source = default;
        return moved;
    }

    /// <summary>Makes a holder of a part of this part, with a reference of its own.</summary>
    /// <param name="offset">Where it begins, in bytes from this part's start.</param>
    /// <param name="size">Its length in bytes; 0 is a part too.</param>
    /// <returns>The part, whose reference is to be given back by <see cref="Deref(ref MembufSlice)"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie within this part; nothing changed.</exception>
    /// <inheritdoc cref="MembufRef.Ref"/>
    public MembufSlice Slice(nuint offset, nuint size)
    {
        ThrowIfCutOff();
        ThrowIfOutside(offset, size, Size);
        _whole.Ref();
        return new MembufSlice(_whole, Offset + offset, size);
    }

    /// <summary>Makes two holders of disjoint parts out of one: its reference passes to the first, the second gets one of its own.</summary>
    /// <param name="source">The part; <c>default</c> afterwards, as it was when this throws.</param>
    /// <param name="at">Where the second part begins, in bytes from the start of <paramref name="source"/>; 0 up to its size.</param>
    /// <returns>The parts, each of whose references is to be given back by <see cref="Deref(ref MembufSlice)"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="at"/> lies behind the end; nothing changed.</exception>
    /// <inheritdoc cref="MembufRef.Ref"/>
    public static (MembufSlice Head, MembufSlice Tail) Split(ref MembufSlice source, nuint at)
    {
        MembufSlice whole = source;
        whole.ThrowIfCutOff();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(at, whole.Size);
        MembufSlice tail = whole.Slice(at, whole.Size - at);
        source = default;
        return (new MembufSlice(whole._whole, whole.Offset, at), tail);
    }

    /// <summary>Lets a function read and write the part, under a reference taken for the time: the function may give others back.</summary>
    /// <typeparam name="TArgument">What the function needs besides.</typeparam>
    /// <param name="argument">What the function needs besides.</param>
    /// <param name="action">The function; its span ends with it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="action"/> is null.</exception>
    /// <exception cref="ArgumentException">The part is larger than a span, which is 2 GiB.</exception>
    /// <inheritdoc cref="MembufRef.Ref"/>
    public void Access<TArgument>(TArgument argument, SpanAction<byte, TArgument> action)
    {
        ThrowIfCutOff();
        _whole.Access(Offset, Size, argument, action);
    }

    /// <summary>The block and the part as text, alive or not.</summary>
    /// <returns>For example <c>0x7f00a0#3 [16, 48)</c>.</returns>
    public override string ToString() => IsNone ? "none" : FormattableString.Invariant($"{_whole} [{Offset}, {Offset + Size})");

    internal static void ThrowIfOutside(nuint offset, nuint size, nuint whole)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, whole);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, whole - offset);
    }

    // Who has the only reference may shrink the block, this part's holder too.
    private void ThrowIfCutOff()
    {
        if (Offset + Size > _whole.Size)
        {
            throw new StaleReferenceException($"The part {this} lies behind the block's end: the block was shrunk to {_whole.Size} bytes.", _whole.Block);
        }
    }
}
