using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Campaigns;

/// <summary>Programs of heaps without a state.</summary>
internal sealed record HeapProfile : Campaign
{
    private readonly OpCode[] _mix = [];

    /// <summary>Steps and how often each is drawn; the first item of a pair is repeated as often as the second says.</summary>
    public required (OpCode Code, int Weight)[] Steps
    {
        init => _mix = [.. value.SelectMany(s => Enumerable.Repeat(s.Code, s.Weight))];
    }

    public ReadOnlySpan<OpCode> Mix => _mix;

    /// <summary>The largest size usually drawn.</summary>
    public required int MaxSize { get; init; }

    /// <summary>Above this many live bytes the program empties.</summary>
    public long MaxBytes { get; init; } = 8 << 20;

    /// <summary>How many of a hundred sizes are from 1 MiB to 3 MiB.</summary>
    public int HugePercent { get; init; }

    /// <summary>How many of a hundred alignments are above 64 KiB.</summary>
    public int WideAlignmentPercent { get; init; } = 8;

    public int[] Heaps { get; init; } = [1, 1, 2, 3];

    public int[] BlockHeaps { get; init; } = [0];

    /// <summary>Whether the arena passes blocks through to malloc.</summary>
    public bool PassThrough { get; init; }

    /// <summary>Commit limits to begin with; 0 for none.</summary>
    public long[] Limits { get; init; } = [0];

    public int[] Spares { get; init; } = [0, 10, 50, 100];

    public int[] FaultPercents { get; init; } = [0];

    public long[] Lent { get; init; } = [0];

    /// <summary>How many of a hundred steps take any register instead of one with a live block.</summary>
    public int StrayPercent { get; init; } = 3;

    public override IProgramSource Draw(ulong seed, int region) => new HeapProgramGenerator(this, seed, region);
}
