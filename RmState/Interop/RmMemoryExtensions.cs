using System.Runtime.CompilerServices;
using Rm.Violations;

namespace Rm.Interop;

/// <summary>Hands blocks of a state out as <see cref="Memory{T}"/>.</summary>
/// <remarks>
/// Every member retains the block: the memory has a reference of its own until it is disposed, and the caller keeps his. To hand the
/// block over altogether, release yours afterwards. O(1) expected; thread rule: the state's. When one throws, nothing changed.
/// </remarks>
public static unsafe class RmMemoryExtensions
{
    /// <summary>A whole block as bytes.</summary>
    /// <param name="state">The state that counts the block.</param>
    /// <param name="block">A live block of known size.</param>
    /// <param name="file">The caller's file, for reports; leave it out.</param>
    /// <param name="line">The caller's line, for reports; leave it out.</param>
    /// <returns>The memory, to be disposed on the thread that uses the state.</returns>
    /// <exception cref="ArgumentNullException">The state is null or the block is 0.</exception>
    /// <exception cref="ArgumentException">The block is larger than 2,147,483,647 elements; take a part of it.</exception>
    /// <exception cref="InvalidOperationException">The block was attached without a size; give a length.</exception>
    /// <exception cref="UntrackedPointerException">The state does not know the block.</exception>
    /// <exception cref="FinalizingBlockException">The block's deallocator is running.</exception>
    /// <exception cref="OverflowException">The count is at its limit.</exception>
    /// <exception cref="OutOfMemoryException">No memory for the block's side record.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public static RmMemoryManager<byte> RmMemory(
        this RmState state, nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmMemory<byte>(state, block, file, line);

    /// <summary>The first bytes of a block.</summary>
    /// <param name="state">The state that counts the block.</param>
    /// <param name="block">A live block.</param>
    /// <param name="length">Bytes, 0 to 2,147,483,647 and to the block's size if that is known.</param>
    /// <param name="file">The caller's file, for reports; leave it out.</param>
    /// <param name="line">The caller's line, for reports; leave it out.</param>
    /// <returns>The memory, to be disposed on the thread that uses the state.</returns>
    /// <exception cref="ArgumentNullException">The state is null or the block is 0.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, above the limit, or beyond the block's end.</exception>
    /// <exception cref="UntrackedPointerException">The state does not know the block.</exception>
    /// <exception cref="FinalizingBlockException">The block's deallocator is running.</exception>
    /// <exception cref="OverflowException">The count is at its limit.</exception>
    /// <exception cref="OutOfMemoryException">No memory for the block's side record.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public static RmMemoryManager<byte> RmMemory(
        this RmState state, nint block, long length, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmMemory<byte>(state, block, 0, length, file, line);

    /// <summary>A whole block as elements; bytes at its end that make no whole element are left out.</summary>
    /// <typeparam name="T">The element; a type without references.</typeparam>
    /// <inheritdoc cref="RmMemory(RmState, nint, string, int)"/>
    public static RmMemoryManager<T> RmMemory<T>(
        this RmState state, nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(state);
        nuint length = state.RmSize(block) / (nuint)sizeof(T);
        if (length > int.MaxValue)
        {
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"The block 0x{block:x} holds {length} elements and a Memory at most {int.MaxValue}; take parts of it by offset and length."),
                nameof(block));
        }

        return new RmMemoryManager<T>(state, block, 0, (int)length, file, line);
    }

    /// <summary>A part of a block as elements.</summary>
    /// <typeparam name="T">The element; a type without references.</typeparam>
    /// <param name="state">The state that counts the block.</param>
    /// <param name="block">A live block.</param>
    /// <param name="offset">Where the part begins, in bytes from the block's start; align it as the element needs.</param>
    /// <param name="length">Elements, 0 to 2,147,483,647; the part must end inside the block if its size is known.</param>
    /// <param name="file">The caller's file, for reports; leave it out.</param>
    /// <param name="line">The caller's line, for reports; leave it out.</param>
    /// <returns>The memory, to be disposed on the thread that uses the state.</returns>
    /// <exception cref="ArgumentNullException">The state is null or the block is 0.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The offset or length is beyond the block's end, or the length negative or above the limit.</exception>
    /// <exception cref="UntrackedPointerException">The state does not know the block.</exception>
    /// <exception cref="FinalizingBlockException">The block's deallocator is running.</exception>
    /// <exception cref="OverflowException">The count is at its limit.</exception>
    /// <exception cref="OutOfMemoryException">No memory for the block's side record.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public static RmMemoryManager<T> RmMemory<T>(
        this RmState state, nint block, nuint offset, long length, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(
                nameof(length), length, FormattableString.Invariant($"A Memory holds at most {int.MaxValue} elements."));
        }

        if (state.RmTrySize(block, out nuint size))
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, size);
            ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)length, (size - offset) / (nuint)sizeof(T), nameof(length));
        }

        return new RmMemoryManager<T>(state, block, offset, (int)length, file, line);
    }
}
