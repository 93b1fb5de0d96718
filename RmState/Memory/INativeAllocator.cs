namespace Rm.Memory;

/// <summary>
/// Where a state takes its blocks from. Implement it to put a state over memory of your own; every call then costs the state
/// one interface call.
/// </summary>
/// <remarks>
/// <para>Thread rule: a state calls its allocator from the thread that uses the state; an allocator that serves several
/// states at once must be thread-safe itself.</para>
/// <para>An implementation must not call back into the state that called it (it gets a
/// <see cref="Violations.ConcurrentUseException"/>), and should not throw: it reports exhaustion by returning 0. Sizes and
/// alignments are in bytes; alignments are powers of two.</para>
/// </remarks>
public interface INativeAllocator
{
    /// <summary>Whether <see cref="UsableSize"/> answers from the allocator's own metadata without a native call.</summary>
    /// <remarks>A state over such an allocator keeps no sizes of its own. The answer must never change.</remarks>
    bool KnowsSizes { get; }

    /// <summary>Whether every member may be called from any thread at any time. False unless an allocator says otherwise.</summary>
    /// <remarks>
    /// Of one that says so, a block that was handed over to another state is freed by that state's thread; of others it goes back to
    /// the state it was taken from, to be freed on its thread. The answer must never change.
    /// </remarks>
    bool IsThreadSafe => false;

    /// <summary>Allocates a block. A size of 0 gives a unique, non-null block.</summary>
    /// <param name="size">Bytes, 0 to <see cref="nuint.MaxValue"/>.</param>
    /// <returns>The block, aligned to at least 16 bytes on 64-bit systems; 0 when there is no memory.</returns>
    nint Allocate(nuint size);

    /// <summary>Allocates a block whose bytes are all 0. A size of 0 gives a unique, non-null block.</summary>
    /// <param name="size">Bytes, 0 to <see cref="nuint.MaxValue"/>.</param>
    /// <returns>The block; 0 when there is no memory.</returns>
    nint AllocateZeroed(nuint size);

    /// <summary>
    /// Allocates a block at a multiple of an alignment. A size of 0 gives a unique, non-null block. States call it for alignments
    /// above the default of 16 bytes only.
    /// </summary>
    /// <param name="size">Bytes, 0 to <see cref="nuint.MaxValue"/>.</param>
    /// <param name="alignment">A power of two.</param>
    /// <returns>The block; 0 when there is no memory.</returns>
    nint AllocateAligned(nuint size, nuint alignment);

    /// <summary>
    /// Resizes a block, in place or by moving it; the contents up to the smaller size are kept, and so is the alignment.
    /// </summary>
    /// <param name="block">A block of this allocator.</param>
    /// <param name="oldSize">The size it was allocated with; 0 when the caller does not know it.</param>
    /// <param name="newSize">The wanted size in bytes.</param>
    /// <param name="alignment">The alignment it was allocated with; 0 for the default one.</param>
    /// <returns>The block at its new address; 0 when there is no memory, and then the old block is unchanged.</returns>
    nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment);

    /// <summary>Frees a block. It must not fail and must not need memory.</summary>
    /// <param name="block">A block of this allocator.</param>
    /// <param name="size">The size it was allocated with; 0 when the caller does not know it.</param>
    /// <param name="alignment">The alignment it was allocated with; 0 for the default one.</param>
    void Free(nint block, nuint size, nuint alignment);

    /// <summary>The size of a block, called only where <see cref="KnowsSizes"/> is true.</summary>
    /// <param name="block">A block of this allocator.</param>
    /// <returns>The size it was allocated with, in bytes, or the larger size that may be used.</returns>
    nuint UsableSize(nint block);

    /// <summary>Whether an address lies in this allocator's memory.</summary>
    /// <param name="address">Any address, interior and foreign ones included.</param>
    /// <returns><see cref="AddressOwner.Unknown"/> when the allocator cannot tell.</returns>
    AddressOwner OwnerOf(nint address);
}
