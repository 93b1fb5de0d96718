namespace Rm.Tool.Traces;

/// <summary>What taking a number came to.</summary>
internal enum VarintOutcome
{
    Done,

    /// <summary>The bytes end within it.</summary>
    Cut,

    /// <summary>It has more than 64 bits.</summary>
    TooLong,

    /// <summary>A shorter form means the same.</summary>
    NotShortest,
}
