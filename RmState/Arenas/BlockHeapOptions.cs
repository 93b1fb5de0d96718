namespace Rm.Arenas;

/// <summary>How a block heap is made. Every property has a default; the object may be reused for many heaps.</summary>
public sealed class BlockHeapOptions
{
    /// <summary>
    /// Where blocks come from; null (the default) makes an arena for the heap alone, which is disposed with it.
    /// </summary>
    public Arena? Arena { get; init; }

    /// <summary>A name for messages and reports; null (the default) for none. Mirrors the argument of <c>rb_bh_create</c>.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Whether every element is handed out with all bytes 0, also one that was used before; the default is true, as in balloc. What
    /// comes fresh from the system is not cleared again.
    /// </summary>
    public bool Zeroed { get; init; } = true;

    /// <summary>
    /// A power of two up to 64 KiB of which every element's address is a multiple, in bytes; 0 (the default) is the natural one: 16
    /// for elements of 16 bytes and more, else 8. balloc has 8 for all. Mirrors the Memory Pool System's <c>MPS_KEY_ALIGN</c>.
    /// </summary>
    public nuint Alignment { get; init; }

    /// <summary>
    /// How many blocks without an element in use the heap keeps for the next use, 0 or more; the default is 1. What is more goes
    /// back to the arena.
    /// </summary>
    public int KeepEmptyBlocks { get; init; } = 1;

    /// <summary>
    /// Called when a heap is disposed while elements live, before any of them ends: <see cref="Pool.Usage"/> and
    /// <see cref="BlockHeap.LiveElements"/> say which. An exception it throws surfaces from Dispose, and then nothing was changed.
    /// The default is null: they end silently, as with <c>ballocHeapDestroy</c>.
    /// </summary>
    public Action<BlockHeap>? OnLeak { get; init; }

    internal void Validate()
    {
        if (Alignment != 0 && (!nuint.IsPow2(Alignment) || Alignment > Granule.Bytes))
        {
            throw new ArgumentOutOfRangeException(
                nameof(Alignment), (ulong)Alignment, $"An alignment is a power of two up to {Granule.Bytes}, or 0 for the natural one.");
        }

        if (KeepEmptyBlocks < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(KeepEmptyBlocks), KeepEmptyBlocks, "A number of blocks to keep is 0 or more.");
        }
    }
}
