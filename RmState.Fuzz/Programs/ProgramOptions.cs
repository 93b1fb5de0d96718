using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Programs;

/// <summary>How the state of a program is made: the head of a program file.</summary>
internal sealed record ProgramOptions
{
    public string Campaign { get; init; } = "hand-made";

    /// <summary>The seed the steps were drawn from; 0 for a program written by hand.</summary>
    public ulong Seed { get; init; }

    public int Capacity { get; init; } = 16;

    public ulong TableSeed { get; init; } = 1;

    public RmDisposePolicy Policy { get; init; }

    public AllocatorKind Allocator { get; init; } = AllocatorKind.Region;

    /// <summary>Whether the table's memory is the checking one, which can also be made to fail.</summary>
    public bool CheckedTable { get; init; } = true;

    /// <summary>Whether a state over libc keeps freed blocks for its next allocations.</summary>
    public bool KeepsSpares { get; init; } = true;

    /// <summary>Which fixed address range the checking allocator uses: two states at work at once need two.</summary>
    public int Region { get; init; }

    /// <summary>How much the state records from the beginning.</summary>
    public RmDiagnosticsLevel Level { get; init; }

    /// <summary>Operations kept of each block at the highest level.</summary>
    public int History { get; init; } = 8;

    /// <summary>Blocks that went and are remembered.</summary>
    public int Quarantine { get; init; } = 1024;

    /// <summary>How many size-class heaps the arena has; a program without any pools is one of a state.</summary>
    public int Heaps { get; init; }

    /// <summary>How many block heaps the arena has.</summary>
    public int BlockHeaps { get; init; }

    /// <summary>The element size of the block heaps.</summary>
    public long ElementSize { get; init; } = 8;

    public int ElementsPerBlock { get; init; } = 64;

    /// <summary>The alignment of their elements; 0 for the natural one.</summary>
    public int ElementAlignment { get; init; }

    public int KeepEmptyBlocks { get; init; } = 1;

    /// <summary>Whether the block heaps hand out zeros.</summary>
    public bool ZeroesElements { get; init; } = true;

    /// <summary>Whether the arena passes every block through to malloc.</summary>
    public bool PassThrough { get; init; }

    /// <summary>What the arena reserves at a time.</summary>
    public long ChunkSize { get; init; } = 1 << 20;

    /// <summary>The arena's commit limit; 0 for none.</summary>
    public long Limit { get; init; }

    /// <summary>The arena's spare fraction, in hundredths.</summary>
    public int Spare { get; init; } = 50;

    /// <summary>After how many operations the arena trims; 0 for never.</summary>
    public int TrimEvery { get; init; }

    /// <summary>The page size of the simulated system.</summary>
    public int PageSize { get; init; } = 4096;

    /// <summary>Whether decommitted pages of the simulated system must be committed before they are touched, as on Windows.</summary>
    public bool ClosesPages { get; init; }

    /// <summary>How many of a hundred calls to the simulated system fail.</summary>
    public int FaultPercent { get; init; }

    /// <summary>Memory of the caller's own that the arena is given at the beginning.</summary>
    public long Lent { get; init; }

    /// <summary>How many threads use one membuf heap; 0 for a program of something else.</summary>
    public int Membufs { get; init; }

    /// <summary>How often free-running threads take their steps; 0 where one thread at a time takes a step.</summary>
    public int Rounds { get; init; }

    /// <summary>Whether the membuf heap counts the references taken and given back.</summary>
    public bool CountsReferences { get; init; }

    /// <summary>A bug planted between the program and the state, to prove that a machine finds and shrinks it.</summary>
    public Sabotage Sabotage { get; init; }
}
