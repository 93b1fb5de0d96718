using Rm.Counting;

namespace Rm.Sites;

/// <summary>The last operations of one block; the entries follow this head.</summary>
internal struct HistoryRing : IListed
{
    internal const int HeadBytes = 16;

    public uint Next;

    /// <summary>Where the next entry goes.</summary>
    public uint At;

    uint IListed.Next
    {
        readonly get => Next;
        set => Next = value;
    }
}
