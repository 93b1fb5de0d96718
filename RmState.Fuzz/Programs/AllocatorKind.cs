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

    /// <summary>A heap of an arena over simulated memory at a fixed address: the state counts in the heap's own marks.</summary>
    Arena,

    /// <summary>A heap of an arena that passes every block through to (simulated) malloc: the state counts in its table.</summary>
    PassThrough,
}
