namespace Rm.Tests.Membufs.Histories;

/// <summary>A mistake of the owner in <see cref="ToyCount{TMemory}"/>.</summary>
internal enum ToyBug
{
    None,

    /// <summary>Ends the block whatever the others hold.</summary>
    EndsAlone,

    /// <summary>Merges only if it saw nobody else before: two can each leave it to the other.</summary>
    LooksFirst,

    /// <summary>Does not use what its addition returned: two can each think they are the last.</summary>
    LooksAgain,
}
