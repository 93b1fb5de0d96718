namespace Rm.Fuzz.Programs;

/// <summary>What one step of a program does. The high half of a code names its group, which is where it is executed.</summary>
internal enum OpCode : byte
{
    /// <summary>A register becomes a new block of the state's allocator, or a block changes its size.</summary>
    Malloc = 0x10,
    TryMalloc,
    MallocTyped,
    Calloc,
    TryCalloc,
    Aligned,
    TryAligned,
    ReallocNull,
    TryReallocNull,
    Realloc,
    TryRealloc,

    /// <summary>A register becomes a block that somebody else allocated: libc, or nobody at all (an invented address).</summary>
    AttachHeap = 0x20,
    AttachHeapSized,
    TryAttachHeap,
    AttachOrRetainHeap,
    AttachDelegate,
    TryAttachDelegate,
    AttachOrRetainDelegate,
    AttachFunction,
    AttachFunctionContext,
    AttachNext,
    AttachAgain,
    TryAttachAgain,
    AttachOrRetainAgain,

    /// <summary>The count of a register's block changes; it may be deallocated.</summary>
    Retain = 0x30,
    TryRetain,
    RetainMany,
    Release,
    ReleaseRef,
    TryRelease,
    ReleaseMany,
    ReleaseAll,
    Detach,
    TryDetach,
    Preset,
    React,

    /// <summary>Nothing changes: lookups, and calls that must be refused.</summary>
    Look = 0x40,
    LookAt,
    MisuseAt,
    NullArgument,
    BadArgument,
    Generation,
    Enumerate,
    EnumerateChanged,
    Report,

    /// <summary>The state as a whole.</summary>
    Trim = 0x50,
    Verify,
    Reset,

    /// <summary>Something outside the state fails or misbehaves.</summary>
    FailAllocator = 0x60,
    FailTable,
    TableDown,
    TableUp,
    Reenter,
    ReuseBehind,

    /// <summary>Without a state: a register becomes a block of a pool, which the register's number chooses, or its block changes or ends.</summary>
    HeapAllocate = 0x70,
    HeapZeroed,
    HeapAligned,
    HeapReallocate,
    HeapFree,
    HeapFreeTwice,

    /// <summary>Nothing changes in a pool: lookups, and calls that must be refused.</summary>
    HeapLook = 0x80,
    HeapFreeAgain,
    HeapFreeInside,
    HeapFreeOther,
    HeapFreeAt,
    HeapReallocateWrong,
    HeapBadArgument,
    HeapVerify,

    /// <summary>An arena or a pool as a whole, and the memory under it.</summary>
    HeapTrim = 0x90,
    ArenaTrim,
    ArenaLimit,
    ArenaSpare,
    HeapRenew,
    MemoryFail,
    MemoryDown,

    /// <summary>What a state records of its blocks beyond their counts: how much, and where calls come from.</summary>
    Level = 0xA0,
    At,

    /// <summary>A holder of a register's block comes or goes; holders have numbers of their own.</summary>
    RetainAs,
    EndHold,

    /// <summary>Nothing changes: who holds a register's block, and what an address is.</summary>
    WhoHolds,
    ExplainAt,
    Explain,

    /// <summary>Which of a program's threads takes the steps that follow.</summary>
    MembufOn = 0xB0,

    /// <summary>A register becomes a membuf, without anything to do at its end, with a policy, or with a function.</summary>
    MembufAlloc,
    MembufTryAlloc,
    MembufAllocRef,
    MembufAllocEnding,
    MembufAllocFunction,

    /// <summary>References of a register's membuf come or go; it may end.</summary>
    MembufRef,
    MembufDeref,
    MembufDerefAll,
    MembufPreset,
    MembufReact,

    /// <summary>Nothing changes: lookups, and addresses that are none of a membuf.</summary>
    MembufLook = 0xC0,
    MembufStray,
    MembufStrayAt,
    MembufVerify,
    MembufReport,

    /// <summary>The threads of a heap, and its end.</summary>
    MembufSettle = 0xD0,
    MembufDetach,
    MembufLeave,
    MembufDispose,

    /// <summary>In programs whose threads run freely: a block with another's reference in it, references handed over, and a wait.</summary>
    MembufAllocLinked = 0xE0,
    MembufSend,
    MembufTake,
    MembufPause,
}
