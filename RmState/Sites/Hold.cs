using Rm.Counting;

namespace Rm.Sites;

/// <summary>One holder of one block.</summary>
internal struct Hold : IListed
{
    public uint Next;
    public uint Previous;
    public uint Site;

    /// <summary>The block's side record; 0 when the block went before its holder.</summary>
    public uint Record;

    /// <summary>Unique in the state; 0 while nobody holds by this.</summary>
    public ulong Generation;

    /// <summary>The state's operation number when it began.</summary>
    public ulong Born;

    uint IListed.Next
    {
        readonly get => Next;
        set => Next = value;
    }
}
