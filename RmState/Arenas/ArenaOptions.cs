using Rm.Memory;

namespace Rm.Arenas;

/// <summary>How an arena is made. Every property has a default; the object may be reused for many arenas.</summary>
public sealed class ArenaOptions
{
    private const int MinChunkSize = 1 << 20;
    private const long MaxChunkSize = 1L << 40;

    /// <summary>A name for messages and reports; null (the default) for none.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// How many bytes of address space the arena reserves at a time, 1 MiB to 1 TiB; the default is 256 MiB. Reserving costs no
    /// memory. Mirrors the Memory Pool System's <c>MPS_KEY_ARENA_SIZE</c> and <c>mps_arena_vm_growth</c>.
    /// </summary>
    public nuint ChunkSize { get; init; } = 256 << 20;

    /// <summary>
    /// The most bytes that may be committed at once, spare ones included; an allocation beyond finds no memory. The default is no
    /// limit. Mirrors <c>mps_arena_commit_limit_set</c>.
    /// </summary>
    public nuint CommitLimit { get; init; } = nuint.MaxValue;

    /// <summary>
    /// How much of the committed memory may be free and yet kept for the next use, 0 to 1; the default is 0.25. What is more goes
    /// back to the system in slices. Mirrors <c>mps_arena_spare_set</c>, whose default is 0.75.
    /// </summary>
    public double SpareFraction { get; init; } = 0.25;

    /// <summary>
    /// Whether every block is an allocation of malloc's, so that valgrind and sanitizers see each; statistics, limits and misuse
    /// checks stay true, speed does not. The default is false. balloc has a build without blocks for this, whose statistics are all 0.
    /// </summary>
    public bool PassThrough { get; init; }

    /// <summary>
    /// Give a slice of the spare memory back after as many times that a pool took memory from the arena or returned some; 0 (the
    /// default) for never. See also <see cref="TrimInterval"/>.
    /// </summary>
    public long TrimEvery { get; init; }

    /// <summary>
    /// Give a slice of the spare memory back when this much time has passed since the last one; zero (the default) for never. Looked
    /// at when a pool takes or returns memory: there is no timer and no thread. Mirrors balloc's garbage timer of 300 seconds.
    /// </summary>
    public TimeSpan TrimInterval { get; init; }

    /// <summary>The clock of <see cref="TrimInterval"/>; null (the default) is the system's.</summary>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>Where address space comes from; tests make it fail.</summary>
    internal IVirtualMemory? Memory { get; init; }

    internal void Validate()
    {
        if ((long)ChunkSize is < MinChunkSize or > MaxChunkSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(ChunkSize), (ulong)ChunkSize, $"A chunk is {MinChunkSize} to {MaxChunkSize} bytes of address space; the default fits most.");
        }

        ValidateFraction(SpareFraction, nameof(SpareFraction));
        if (TrimEvery < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(TrimEvery), TrimEvery, "A number of operations is 0 (never) or more.");
        }

        if (TrimInterval < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(TrimInterval), TrimInterval, "An interval is zero (never) or more.");
        }
    }

    internal static void ValidateFraction(double value, string name)
    {
        if (value is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(name, value, "A spare fraction is 0 (give everything back) to 1 (keep everything).");
        }
    }
}
