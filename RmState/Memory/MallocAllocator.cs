namespace Rm.Memory;

/// <summary>
/// libc's malloc as an allocator: the default of every state. A block may also be freed by native code after it was
/// detached. It has no state of its own; instances are interchangeable.
/// </summary>
/// <remarks>Thread-safe. O(1) but for libc's own work. States call it directly, not through the interface.</remarks>
public sealed partial class MallocAllocator : INativeAllocator
{
    // malloc's own alignment on 64-bit systems; a smaller or equal one needs no aligned call.
    internal const nuint DefaultAlignment = 16;

    /// <summary>False: libc tells a block's size only by a call.</summary>
    public bool KnowsSizes => false;

    /// <summary>True.</summary>
    public bool IsThreadSafe => true;

    /// <inheritdoc/>
    public nint Allocate(nuint size) => Malloc(size);

    /// <inheritdoc/>
    public nint AllocateZeroed(nuint size) => Calloc(size);

    /// <inheritdoc/>
    public nint AllocateAligned(nuint size, nuint alignment) => Aligned(size, alignment);

    /// <inheritdoc/>
    public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment) => Resize(block, oldSize, newSize, alignment);

    /// <inheritdoc/>
    public void Free(nint block, nuint size, nuint alignment) => Free(block, alignment);

    /// <summary>Not known without a call; always 0.</summary>
    /// <param name="block">A block of this allocator.</param>
    /// <returns>0.</returns>
    public nuint UsableSize(nint block) => 0;

    /// <summary>libc cannot tell whose an address is.</summary>
    /// <param name="address">Any address.</param>
    /// <returns><see cref="AddressOwner.Unknown"/>.</returns>
    public AddressOwner OwnerOf(nint address) => AddressOwner.Unknown;

    // malloc(0) may return null on some systems, and realloc(p, 0) may free: every request is for at least one byte.
    private static nuint AtLeastOne(nuint size) => size == 0 ? 1 : size;
}
