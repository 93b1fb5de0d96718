#if RM_MUTATIONS
namespace Rm.Arenas;

/// <summary>
/// Planted bugs of the allocators, present in one special build only. Each is reachable through the public API; the fuzzer must
/// find every one. One is chosen for the whole process before any arena is made.
/// </summary>
internal static class ArenaMutation
{
    internal const int DoubleFreeAccepted = 101;
    internal const int InteriorAccepted = 102;
    internal const int TagNotCompared = 103;
    internal const int CountedFreeAccepted = 104;
    internal const int MarkKeptByFlush = 105;
    internal const int FreeCountShort = 106;
    internal const int SlabNotListed = 107;
    internal const int ZeroedFromDirty = 108;
    internal const int DirtForgotten = 109;
    internal const int HoleNotCommitted = 110;
    internal const int LivePageGivenBack = 111;
    internal const int MapKeptByRelease = 112;
    internal const int SpareNotCounted = 113;
    internal const int LimitIgnored = 114;
    internal const int ContentsCutShort = 115;
    internal const int LoneSizeStale = 116;
    internal const int AlignmentHalved = 117;
    internal const int LoneNotCleared = 118;
    internal const int ElementNotCleared = 119;
    internal const int FailedCommitCounted = 120;
    internal const int MovedLoneMisaligned = 121;

    internal static int Active { get; set; }

    internal static IReadOnlyList<(int Id, string Name)> All { get; } =
    [
        (DoubleFreeAccepted, "a free block can be freed again"),
        (InteriorAccepted, "a pointer into a block frees the block"),
        (TagNotCompared, "a heap takes the blocks of other heaps for its own"),
        (CountedFreeAccepted, "a block that a state counts can be freed at the heap"),
        (MarkKeptByFlush, "an element that leaves a magazine stays marked as being there"),
        (FreeCountShort, "a slab that hands out elements counts one too many as free"),
        (SlabNotListed, "a full slab is not listed again when it has room"),
        (ZeroedFromDirty, "a zeroed block is not cleared"),
        (DirtForgotten, "pages that a run commits later are not known to be used"),
        (HoleNotCommitted, "an element on pages given back is handed out without committing them"),
        (LivePageGivenBack, "trimming gives back the page on which a free stretch begins"),
        (MapKeptByRelease, "a slab that goes stays in the page map"),
        (SpareNotCounted, "granules that come back do not count as spare"),
        (LimitIgnored, "large blocks do not heed the commit limit"),
        (ContentsCutShort, "a block that moves loses its last bytes"),
        (LoneSizeStale, "a large block that grows keeps its old size"),
        (AlignmentHalved, "an aligned block gets half the alignment"),
        (LoneNotCleared, "a zeroed large block keeps what was there before"),
        (ElementNotCleared, "an element that is at hand is not cleared"),
        (FailedCommitCounted, "memory that could not be committed counts as committed"),
        (MovedLoneMisaligned, "a large block that moves forgets its alignment"),
    ];

    internal static bool Is(int mutation) => Active == mutation;
}
#endif
