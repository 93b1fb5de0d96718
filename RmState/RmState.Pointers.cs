using System.Runtime.CompilerServices;

namespace Rm;

// The members that take a block, for callers who hold a void*.
public sealed unsafe partial class RmState
{
    /// <inheritdoc cref="RmRealloc(nint, nuint, string, int)"/>
    public void* RmRealloc(void* block, nuint size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        (void*)RmRealloc((nint)block, size, file, line);

    /// <inheritdoc cref="RmAttach(nint, string, int)"/>
    public void RmAttach(void* block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmAttach((nint)block, file, line);

    /// <inheritdoc cref="RmAttach(nint, nuint, string, int)"/>
    public void RmAttach(void* block, nuint size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmAttach((nint)block, size, file, line);

    /// <inheritdoc cref="RmAttach(nint, Action{nint}, nuint?, string, int)"/>
    public void RmAttach(void* block, Action<nint> deallocator, nuint? size = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmAttach((nint)block, deallocator, size, file, line);

    /// <summary>Begins to track a block that a native function of one argument frees, such as a library's own free.</summary>
    /// <param name="block">The block; any address that is not null.</param>
    /// <param name="deallocator">Called once with the block; must stay loaded for as long as the block is tracked.</param>
    /// <param name="size">The block's size in bytes, or null if unknown.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    public void RmAttach(void* block, delegate* unmanaged<void*, void> deallocator, nuint? size = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmAttach((nint)block, deallocator, size, file, line);

    /// <summary>Begins to track a block that a native function of the block and a context frees.</summary>
    /// <param name="block">The block; any address that is not null.</param>
    /// <param name="deallocator">Called once with the block and the context; must stay loaded for as long as the block is tracked.</param>
    /// <param name="context">Handed to the deallocator; may be null.</param>
    /// <param name="size">The block's size in bytes, or null if unknown.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    public void RmAttach(void* block, delegate* unmanaged<void*, void*, void> deallocator, void* context, nuint? size = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmAttach((nint)block, deallocator, context, size, file, line);

    /// <inheritdoc cref="RmAttachOrRetain(nint, string, int)"/>
    public long RmAttachOrRetain(void* block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmAttachOrRetain((nint)block, file, line);

    /// <inheritdoc cref="RmAttachOrRetain(nint, Action{nint}, nuint?, string, int)"/>
    public long RmAttachOrRetain(void* block, Action<nint> deallocator, nuint? size = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmAttachOrRetain((nint)block, deallocator, size, file, line);

    /// <inheritdoc cref="RmRetain(nint, string, int)"/>
    public long RmRetain(void* block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmRetain((nint)block, file, line);

    /// <inheritdoc cref="RmTryRetain(nint, out long, string, int)"/>
    public bool RmTryRetain(void* block, out long count, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmTryRetain((nint)block, out count, file, line);

    /// <inheritdoc cref="RmRelease(nint, string, int)"/>
    public long RmRelease(void* block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmRelease((nint)block, file, line);

    /// <inheritdoc cref="RmTryRelease(nint, out long, string, int)"/>
    public bool RmTryRelease(void* block, out long remaining, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmTryRelease((nint)block, out remaining, file, line);

    /// <inheritdoc cref="RmDetach(nint, string, int)"/>
    public long RmDetach(void* block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmDetach((nint)block, file, line);

    /// <inheritdoc cref="RmTryDetach(nint, out long, string, int)"/>
    public bool RmTryDetach(void* block, out long remaining, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmTryDetach((nint)block, out remaining, file, line);

    /// <inheritdoc cref="RmCount(nint)"/>
    public long RmCount(void* block) =>
        RmCount((nint)block);

    /// <inheritdoc cref="RmContains(nint)"/>
    public bool RmContains(void* block) =>
        RmContains((nint)block);

    /// <inheritdoc cref="RmSize(nint)"/>
    public nuint RmSize(void* block) =>
        RmSize((nint)block);

    /// <inheritdoc cref="RmRetainAs(nint, string, int)"/>
    public RmHold RmRetainAs(void* block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmRetainAs((nint)block, file, line);

    /// <inheritdoc cref="RmWhoHolds(nint)"/>
    public RmHolders RmWhoHolds(void* block) => RmWhoHolds((nint)block);
}
