namespace Rm.Tool.Ratios.References;

/// <summary>
/// A way to take a reference to one of some blocks of its own and give it back, by the block's place among them. Implemented by structs and
/// used as a type parameter, so that all ways run in the same loop with their own calls compiled in.
/// </summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
internal interface IIndexedReferences<TSelf> : IDisposable
    where TSelf : struct, IIndexedReferences<TSelf>
{
    /// <summary>Allocates so many blocks of <see cref="Cases.BlockPool.BlockSize"/> bytes.</summary>
    static abstract TSelf Of(int blocks);

    /// <summary>Takes a reference to one of the blocks and gives it back.</summary>
    void RetainAndRelease(int index);
}
