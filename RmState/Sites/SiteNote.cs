using Rm.Counting;

namespace Rm.Sites;

/// <summary>A place that did something to a block for which the side record has no pair left.</summary>
internal struct SiteNote : IListed
{
    public uint Next;
    public uint Site;

    /// <summary>How often it retained; 0 in a note of releases.</summary>
    public long Retains;

    /// <summary>How often it released.</summary>
    public long Releases;

    uint IListed.Next
    {
        readonly get => Next;
        set => Next = value;
    }
}
