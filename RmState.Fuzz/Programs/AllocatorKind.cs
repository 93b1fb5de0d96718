namespace Rm.Fuzz.Programs;

/// <summary>Where a program's state takes its blocks from.</summary>
internal enum AllocatorKind : byte
{
    /// <summary>libc: the state's default, with its own fast paths. Addresses differ from run to run.</summary>
    Malloc,

    /// <summary>A checking allocator at a fixed address: every run of a program sees the same addresses.</summary>
    Region,

    /// <summary>The same, and it knows the sizes of its blocks.</summary>
    SizedRegion,
}
