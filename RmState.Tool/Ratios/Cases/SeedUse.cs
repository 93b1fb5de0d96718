namespace Rm.Tool.Ratios.Cases;

/// <summary>What a table's hash seed has to do with a row.</summary>
internal enum SeedUse
{
    /// <summary>Our side looks blocks up in a table: the row is the worst of all seeds.</summary>
    Table,

    /// <summary>Our side has a table but counts in a heap's marks: the seed should not matter, and a thorough run shows that.</summary>
    Marks,

    /// <summary>Both sides have the same table: the seeds are as many places for it in memory.</summary>
    Twins,

    /// <summary>As for <see cref="Table"/>, but the table takes seconds to fill, and a quick run takes fewer seeds.</summary>
    LargestTable,

    /// <summary>Our side has no table.</summary>
    None,
}
