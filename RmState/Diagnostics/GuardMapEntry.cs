namespace Rm.Diagnostics;

/// <summary>One block as a map file tells of it; the numbers are those of <see cref="GuardMapRecord"/>.</summary>
/// <param name="Block">The block's address.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Start">Where its address space begins, guards included.</param>
/// <param name="ReservedBytes">Bytes of that.</param>
/// <param name="IsFreed">Whether it is freed and in quarantine.</param>
/// <param name="AllocatedAs">The sequence number of its allocation.</param>
/// <param name="FreedAs">The sequence number of its free; 0 while it lives.</param>
/// <param name="AllocationSite">Where it was allocated; null when that is not known.</param>
/// <param name="FreeSite">Where it was freed; null when that is not known.</param>
internal sealed record GuardMapEntry(
    ulong Block,
    ulong Size,
    ulong Start,
    ulong ReservedBytes,
    bool IsFreed,
    ulong AllocatedAs,
    ulong FreedAs,
    string? AllocationSite,
    string? FreeSite)
{
    internal bool Holds(ulong address) => address - Start < ReservedBytes;

    /// <summary>Reads a record.</summary>
    /// <param name="record">What the file holds.</param>
    /// <param name="pageSize">The size of the guard behind the pages.</param>
    /// <param name="entry">What it says.</param>
    /// <returns>False when its numbers contradict each other: it was overwritten.</returns>
    internal static unsafe bool TryRead(GuardMapRecord record, ulong pageSize, out GuardMapEntry entry)
    {
        entry = new GuardMapEntry(
            record.Block,
            record.Size,
            record.Start,
            record.ReservedBytes,
            record.State == GuardMapRecord.Freed,
            record.AllocatedAs,
            record.FreedAs,
            SiteText.Read(new ReadOnlySpan<byte>(record.AllocationSite, SiteText.Bytes)),
            SiteText.Read(new ReadOnlySpan<byte>(record.FreeSite, SiteText.Bytes)));
        return record.State <= GuardMapRecord.Freed
            && IsWithin(record.Pages, record.PageBytes, record.Start, record.ReservedBytes)
            && record.Pages + record.PageBytes + pageSize == record.Start + record.ReservedBytes
            && IsWithin(record.Block, record.Size, record.Pages, record.PageBytes);
    }

    private static bool IsWithin(ulong start, ulong bytes, ulong outerStart, ulong outerBytes) =>
        outerStart <= ulong.MaxValue - outerBytes && start >= outerStart && bytes <= outerBytes && start - outerStart <= outerBytes - bytes;
}
