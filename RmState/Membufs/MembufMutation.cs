#if RM_MUTATIONS
namespace Rm.Membufs;

/// <summary>
/// Planted bugs of membufs, present in one special build only. Each is reachable through the public API by legal programs, some only
/// by threads that race; the fuzzer must find every one. One is chosen for the whole process before any heap is made.
/// </summary>
internal static class MembufMutation
{
    internal const int MailLost = 201;
    internal const int TouchForgotten = 202;
    internal const int QueueLeftOut = 203;
    internal const int FinishIgnoresMail = 204;
    internal const int GenerationKept = 205;
    internal const int RecycledBeforeEnd = 206;
    internal const int MergeForgetsLocal = 207;
    internal const int MergeCountsTwice = 208;
    internal const int LastNotSwapped = 209;
    internal const int OrphanMailUnread = 210;
    internal const int EndTwice = 211;
    internal const int StaleAccepted = 212;
    internal const int AddressNotCompared = 213;
    internal const int SettledTwice = 214;
    internal const int ClosedIgnored = 215;
    internal const int SettleForgetsLast = 216;

    internal static int Active { get; set; }

    internal static IReadOnlyList<(int Id, string Name)> All { get; } =
    [
        (MailLost, "a record put into a mailbox replaces those that are there"),
        (TouchForgotten, "an owner does not learn that others count"),
        (QueueLeftOut, "a release below what others had counted does not make the owner look again"),
        (FinishIgnoresMail, "a block that ended goes into a mailbox though it is in one"),
        (GenerationKept, "the next block in a place answers to the handles of the last"),
        (RecycledBeforeEnd, "a block's memory is used again while its onFree runs"),
        (MergeForgetsLocal, "a thread that goes leaves its own counts behind"),
        (MergeCountsTwice, "an owner that merges by taking a reference counts it twice"),
        (LastNotSwapped, "a block is declared dead though its count changed meanwhile"),
        (OrphanMailUnread, "mail to a home without a thread is not read"),
        (EndTwice, "a block's onFree runs twice"),
        (StaleAccepted, "a handle's generation is not compared"),
        (AddressNotCompared, "an address inside a block is taken for the block"),
        (SettledTwice, "a record read from a mailbox is used again while its block's end is under way"),
        (ClosedIgnored, "a disposed heap hands out the blocks at hand"),
        (SettleForgetsLast, "an owner that finds nobody left does not end the block"),
    ];

    internal static bool Is(int mutation) => Active == mutation;
}
#endif
