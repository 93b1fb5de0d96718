namespace Rm.Counting;

/// <summary>What frees the block of a side record.</summary>
internal enum DeallocatorKind : byte
{
    /// <summary>The state's allocator, which allocated it.</summary>
    Allocator,

    /// <summary>libc's free: attached without a deallocator.</summary>
    LibC,

    /// <summary>A native function of the block.</summary>
    Function,

    /// <summary>A native function of the block and a context.</summary>
    FunctionWithContext,

    /// <summary>A managed delegate; the record's context is its index in the state's list.</summary>
    Delegate,
}
