namespace Rm.Tool.Replay;

/// <summary>
/// Where a replaying loop keeps its blocks. Implemented by structs and used as a type parameter, so that a loop on one thread pays
/// nothing for what threads need.
/// </summary>
internal interface IBlockTable
{
    /// <summary>The number that one of the slice's events has in the trace.</summary>
    int EventOf(int index);

    /// <summary>The block of an object that is about to be released.</summary>
    nint Take(int id);

    /// <summary>Keeps the block of a new object, its bytes written.</summary>
    void Put(int id, nint block);
}
