namespace Rm;

/// <summary>Whom a state can hand a block over to.</summary>
internal interface IBlockReceiver
{
    /// <summary>
    /// Takes a block, all of it, on the giving state's thread and within its operation: the receiver must not call that state. From its
    /// return on the block is the receiver's, who may end it at once.
    /// </summary>
    /// <exception cref="Exception">Whatever is thrown surfaces from the giving call; the block stays where it was.</exception>
    void Accept(HandedBlock handed);
}
