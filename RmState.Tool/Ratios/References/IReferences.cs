namespace Rm.Tool.Ratios.References;

/// <summary>
/// A way to take a reference to a block and give it back. Implemented by structs and used as a type parameter, so that all ways run in
/// the same loop with their own calls compiled in.
/// </summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
internal interface IReferences<TSelf> : IDisposable
    where TSelf : struct, IReferences<TSelf>
{
    /// <summary>Makes a state that knows some blocks and forgets them when disposed.</summary>
    /// <param name="seed">The table's seed.</param>
    /// <param name="blocks">The blocks, of <see cref="Cases.BlockPool.BlockSize"/> bytes each.</param>
    static abstract TSelf To(ulong seed, ReadOnlySpan<nint> blocks);

    /// <summary>Takes a reference to one of the blocks and gives it back.</summary>
    void RetainAndRelease(nint block);
}
