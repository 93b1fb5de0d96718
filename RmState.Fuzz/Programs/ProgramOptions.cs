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

    /// <summary>A bug planted between the program and the state, to prove that a machine finds and shrinks it.</summary>
    public Sabotage Sabotage { get; init; }
}
