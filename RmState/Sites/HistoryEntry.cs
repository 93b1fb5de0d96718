namespace Rm.Sites;

/// <summary>One operation of one block.</summary>
internal struct HistoryEntry
{
    private const int CountShift = 8;
    private const uint MaxCount = (1 << 24) - 1;

    public uint Site;
    public uint OperationAndCount;

    /// <summary>The state's operation number.</summary>
    public ulong Number;

    internal static HistoryEntry Of(byte operation, long count, uint site, ulong number) => new()
    {
        Site = site,
        OperationAndCount = operation | ((uint)Math.Min(count, MaxCount) << CountShift),
        Number = number,
    };

    internal readonly byte Operation => (byte)OperationAndCount;

    /// <summary>The count after it, up to 16,777,215.</summary>
    internal readonly long Count => OperationAndCount >> CountShift;
}
