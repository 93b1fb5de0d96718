namespace Rm.Fuzz.Programs;

/// <summary>What the onFree of a membuf does beside recording that it ran.</summary>
internal enum MembufEnd : byte
{
    None,

    /// <summary>Gives a reference of another register's block back: chains come from it.</summary>
    Deref,
    DerefAndThrow,
    Throw,
    Ref,

    /// <summary>Allocates: nothing may lie where the ending block is.</summary>
    Allocate,

    /// <summary>Uses its own block, which is refused.</summary>
    RefSelf,
    DerefSelf,
    Settle,
    Detach,
    Verify,

    /// <summary>Another thread reads its mail and allocates while the onFree runs.</summary>
    SettleElsewhere,
}
