namespace Rm.Tool.Reports.Histories;

/// <summary>A block's life, by number of the call, from 1.</summary>
internal struct RecordedBlock
{
    public const int StillLive = int.MaxValue;

    public long Bytes;
    public long Address;
    public double BornSeconds;
    public int Born;
    public int Died;
    public int Thread;
    public int Site;

    /// <summary>Whether the block is live after a number of calls.</summary>
    public readonly bool IsLiveAfter(int calls) => Born <= calls && Died > calls;
}
