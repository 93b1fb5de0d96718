namespace Rm.Tool.Ratios.Blocks;

/// <summary>
/// Where a side of a comparison takes blocks from. Implemented by structs and used as a type parameter, so that both sides run the
/// same loop with their own calls compiled in.
/// </summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
internal interface IBlockSource<TSelf> : IDisposable
    where TSelf : struct, IBlockSource<TSelf>
{
    /// <summary>Makes a source without blocks.</summary>
    /// <param name="seed">The table's seed, where there is a table.</param>
    static abstract TSelf Create(ulong seed);

    /// <summary>Allocates a block, which must not fail.</summary>
    nint Allocate(nuint size);

    void Free(nint block);
}
