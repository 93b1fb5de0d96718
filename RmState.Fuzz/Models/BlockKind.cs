namespace Rm.Fuzz.Models;

/// <summary>Where a block came from, which decides who frees it and how.</summary>
internal enum BlockKind : byte
{
    /// <summary>The state's allocator.</summary>
    Allocated,

    /// <summary>libc, attached without a deallocator.</summary>
    Heap,

    /// <summary>An invented address with a delegate as its deallocator.</summary>
    Delegate,

    /// <summary>An invented address with a native function.</summary>
    Function,

    /// <summary>An invented address with a native function and its context.</summary>
    FunctionContext,
}
