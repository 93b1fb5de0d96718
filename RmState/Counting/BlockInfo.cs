namespace Rm.Counting;

/// <summary>
/// What a block's entry says beside its count, in 32 bits. Values below 3FF, the small sizes, stand in the slot itself; others in
/// a cold array beside the table, which exists only once a block needs it.
/// <code>
///   31   30      26 25                     0
///  +---+-----------+------------------------+
///  | 0 | alignment |  size + 1; 0: unknown  |     alignment: its log2; 0 the default; 31 attached, libc frees it
///  +---+-----------+------------------------+
///  | 1 |      index of the side record      |
///  +---+------------------------------------+
/// </code>
/// 0 is a block of the state's allocator (or, over malloc, an attached one) whose size is not kept here.
/// </summary>
internal static class BlockInfo
{
    internal const uint None = 0;
    internal const uint RecordFlag = 0x8000_0000;

    // Sizes from here on are kept in a side record.
    internal const nuint FirstLargeSize = (1 << 26) - 1;

    private const int AlignmentShift = 26;
    private const uint SizeMask = (1 << AlignmentShift) - 1;
    private const uint AttachedCode = 31;
    internal const uint AttachedUnknown = AttachedCode << AlignmentShift;

    internal static bool HasRecord(uint info) => (int)info < 0;

    internal static uint RecordIndex(uint info) => info & ~RecordFlag;

    internal static uint OfRecord(uint index) => index | RecordFlag;

    internal static uint Own(nuint size, int alignmentLog2) => ((uint)alignmentLog2 << AlignmentShift) | ((uint)size + 1);

    internal static uint Attached(nuint size) => AttachedUnknown | ((uint)size + 1);

    internal static bool IsAttached(uint info) => (info >> AlignmentShift) == AttachedCode;

    /// <summary>An own block of known size and default alignment, without a side record.</summary>
    internal static bool IsPlain(uint info) => info is > 0 and <= SizeMask;

    internal static int AlignmentLog2(uint info)
    {
        uint code = info >> AlignmentShift;
        return code == AttachedCode ? 0 : (int)code;
    }

    internal static bool HasSize(uint info) => (info & SizeMask) != 0;

    internal static nuint Size(uint info) => (info & SizeMask) - 1;

    /// <summary>The size without a branch; 0 where it is unknown.</summary>
    internal static nuint SizeOrZero(uint info)
    {
        uint stored = info & SizeMask;
        return stored - (stored != 0 ? 1u : 0u);
    }
}
