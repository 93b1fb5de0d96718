using Rm.Counting;

namespace Rm.Sites;

/// <summary>The last operations of one block; the entries follow this head.</summary>
internal struct HistoryRing : IListed
{
    internal const int HeadBytes = 16;

    public uint Next;

    /// <summary>Operations noted so far.</summary>
    public uint Noted;

    uint IListed.Next
    {
        readonly get => Next;
        set => Next = value;
    }
}
