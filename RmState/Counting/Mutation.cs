#if RM_MUTATIONS
namespace Rm.Counting;

/// <summary>
/// Planted bugs, present in one special build only. Each is reachable through the public API; the fuzzer must find every one.
/// One is chosen for the whole process before any state is made.
/// </summary>
internal static class Mutation
{
    internal const int ForgottenShift = 1;
    internal const int BrokenChain = 2;
    internal const int LostOnGrowth = 3;
    internal const int InfoNotMoved = 4;
    internal const int WideCountOffByOne = 5;
    internal const int DeallocatorTwice = 6;
    internal const int RecordLeaked = 7;
    internal const int DetachKeepsBytes = 8;
    internal const int SecondAttachCounts = 9;
    internal const int ReallocKeepsOldEntry = 10;
    internal const int ReviveForgetsFinalizing = 11;
    internal const int GenerationKept = 12;
    internal const int PlaceMistaken = 13;
    internal const int PlacesKeptOnReuse = 14;
    internal const int ReleaseNotedAsRetain = 15;
    internal const int HoldersNotOrphaned = 16;
    internal const int UnlinkForgetsNeighbour = 17;
    internal const int HolderEndsTwice = 18;
    internal const int HeldForgottenAtCounters = 19;
    internal const int BuriedTwice = 20;
    internal const int LastRecordKept = 21;
    internal const int PlacesLeaked = 22;
    internal const int HistoryMixedUp = 23;

    internal static int Active { get; set; }

    internal static IReadOnlyList<(int Id, string Name)> All { get; } =
    [
        (ForgottenShift, "a swept slot is emptied without moving back what stands behind it"),
        (BrokenChain, "a removal always empties its slot, which cuts off the entries behind it"),
        (LostOnGrowth, "growth forgets the last slot of each slice"),
        (InfoNotMoved, "a size does not move with its slot"),
        (WideCountOffByOne, "a count that outgrows its slot loses one reference"),
        (DeallocatorTwice, "a deallocator runs twice"),
        (RecordLeaked, "a side record is not freed with its block"),
        (DetachKeepsBytes, "a detached block still counts in the live bytes"),
        (SecondAttachCounts, "a second attach adds a reference instead of failing"),
        (ReallocKeepsOldEntry, "a block that moved is still known by its old address"),
        (ReviveForgetsFinalizing, "an address reused during its deallocation stays counted as finalizing"),
        (GenerationKept, "a new block at an old address answers to the old generation"),
        (PlaceMistaken, "a third place that retains counts for the second"),
        (PlacesKeptOnReuse, "a side record used again keeps the place that retained its last block"),
        (ReleaseNotedAsRetain, "a release is noted as a retain"),
        (HoldersNotOrphaned, "holders of a block that went still hold its record"),
        (UnlinkForgetsNeighbour, "a holder that ends stays its neighbour's neighbour"),
        (HolderEndsTwice, "a holder that ended ends once more when it is disposed again"),
        (HeldForgottenAtCounters, "the last reference is not known to be held while no sites are recorded"),
        (BuriedTwice, "the record of a block that went is kept for explanations twice"),
        (LastRecordKept, "the record noted last is not forgotten when its block goes"),
        (PlacesLeaked, "the further places of a forgotten block are not freed"),
        (HistoryMixedUp, "a full history does not begin with its oldest operation"),
    ];

    internal static bool Is(int mutation) => Active == mutation;
}
#endif
