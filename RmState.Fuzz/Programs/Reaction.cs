namespace Rm.Fuzz.Programs;

/// <summary>What the deallocator of an attached block does beside recording that it ran.</summary>
internal enum Reaction : byte
{
    None,

    /// <summary>Releases the block of another register: chains, cycles and double releases come from it.</summary>
    Release,

    /// <summary>Releases another register's block, then throws.</summary>
    ReleaseAndThrow,
    Throw,

    /// <summary>Allocates into another register.</summary>
    Allocate,

    /// <summary>Attaches its own address under another register once it is given up: refused while finalizing.</summary>
    AttachSelf,
    RetainSelf,
    ReleaseSelf,
    DetachSelf,
    Retain,
    Detach,

    /// <summary>Gives its memory back to the allocator, then allocates: the same address comes back as a new block.</summary>
    AllocateSame,
    Dispose,
    Reset,
    Trim,
    Enumerate,
    Verify,

    /// <summary>Ends a holder, maybe of its own block: that one outlived it.</summary>
    EndHold,
}
