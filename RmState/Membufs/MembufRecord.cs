using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rm.Membufs;

/// <summary>
/// What a heap knows of one place for a membuf, apart from the bytes themselves. Records outlive blocks: a place that is used again has the
/// next generation, so a stale handle meets a record, and never freed memory.
/// <code>
///   0  +-------------------------------+-------------------------------+
///      |  owner, 32 bits               |  generation, 32 bits          |  Tag
///   8  +-------------------------------+-------+-------+---------------+
///      |  Local: the owner's count     |touched| class |  home         |
///  16  +-------------------------------+-------+-------+---------------+
///      |  Address: where the bytes are                                 |
///  24  +-----------------------------------------------+---------------+
///      |  length, 48 bits                              |  policy       |  Extent
///  32  +-----------------------------------------------+---------------+
/// </code>
/// The owner is the identity of the thread that counts in <see cref="Local"/> without atomic instructions, or one of the marks below. Only
/// it writes here while the block lives, but for the byte <see cref="Touched"/>, which other threads set before they count in the
/// <see cref="MembufShare"/>. That one lies in another cache line: threads that count there leave this line alone, so it stays in all their
/// caches.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct MembufRecord
{
    internal const int Bytes = 32;
    internal const int GenerationShift = 32;
    internal const ulong OwnerMask = uint.MaxValue;

    /// <summary>No thread counts without atomic instructions.</summary>
    internal const ulong Shared = uint.MaxValue;

    /// <summary>There is no block.</summary>
    internal const ulong Free = uint.MaxValue - 1;

    /// <summary>Identities up to this one fit a tag; threads beyond it own nothing, and all they allocate is shared from the start.</summary>
    internal const ulong LastOwner = uint.MaxValue - 2;

    /// <summary>Another thread counts, or counted.</summary>
    internal const byte ByOthers = 1;

    /// <summary>Every operation is to go the general way.</summary>
    internal const byte Observed = 2;

    internal const int LengthBits = 48;
    internal const ulong LengthMask = (1UL << LengthBits) - 1;

    public ulong Tag;
    public int Local;
    public byte Touched;
    public byte Class;
    public ushort Home;
    public nint Address;
    public ulong Extent;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static nuint LengthOf(MembufRecord* record) => (nuint)(record->Extent & LengthMask);

    internal static ushort PolicyOf(MembufRecord* record) => (ushort)(record->Extent >> LengthBits);

    internal static ulong ExtentOf(nuint length, ushort policy) => (ulong)length | ((ulong)policy << LengthBits);

    /// <summary>The tag of the same place, free, a generation later. After the last generation comes 0.</summary>
    internal static ulong NextFree(ulong tag) =>
#if RM_MUTATIONS
        MembufMutation.Is(MembufMutation.GenerationKept) ? (tag & ~OwnerMask) | Free :
#endif
        (tag | OwnerMask) + Free + 1;

    /// <summary>Whether a tag says that there is a block, be it one that is just ending.</summary>
    internal static bool IsTaken(ulong tag) => (tag & OwnerMask) is not (Free or 0);
}
