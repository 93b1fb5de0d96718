using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Arenas;

namespace Rm.Membufs;

/// <summary>
/// What the short ways of a thread need of its home. <see cref="Mailbox"/>, which other threads write to, is on lines of its own.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct HomeTables
{
    internal const int Bytes = 256 + SizeTableBytes + (Magazines * Magazine.Bytes);

    /// <summary>One for each size class up to 256 KiB, by number; 0 is none.</summary>
    internal const int Magazines = SizeClasses.CountInGranule + 25;

    /// <summary>The most bytes that all magazines together have above their limits.</summary>
    internal const nuint MostAbove = 4 << 20;

    /// <summary>The largest size whose magazine is looked up by size; that of a pipe's segment is among them.</summary>
    internal const nuint LargestBySize = 4096;

    /// <summary>The identity of no thread: the home has no owner.</summary>
    internal const ulong Nobody = ulong.MaxValue;

    private const int SizeTableBytes = 576;
    private const int SizeTableOffset = 256;
    private const int MagazinesOffset = SizeTableOffset + SizeTableBytes;

    /// <summary>Whose short ways may be used: the identity of the thread it belongs to, but <see cref="Nobody"/> in the middle of a long way.</summary>
    [FieldOffset(0)]
    public ulong Open;

    /// <summary>The thread it belongs to, or <see cref="Nobody"/>.</summary>
    [FieldOffset(8)]
    public ulong Identity;

    /// <summary>Blocks allocated here.</summary>
    [FieldOffset(16)]
    public long Allocations;

    /// <summary>How often a record was free again.</summary>
    [FieldOffset(24)]
    public long Recycled;

    /// <summary>1 in the middle of a long way.</summary>
    [FieldOffset(48)]
    public int Busy;

    /// <summary>What a new block's record has as <see cref="MembufRecord.Touched"/>.</summary>
    [FieldOffset(32)]
    public byte FirstTouched;

    [FieldOffset(40)]
    public ushort Number;

    /// <summary>The bytes that magazines have above their limits.</summary>
    [FieldOffset(56)]
    public nuint Above;

    /// <summary>Mail that was taken and not read yet, which only this home's thread looks at.</summary>
    [FieldOffset(64)]
    public long Unread;

    /// <summary>Records that other threads put in: of dead blocks, and of such as their owner must look at.</summary>
    [FieldOffset(128)]
    public long Mailbox;

    /// <summary>The magazine for a size of at most <see cref="LargestBySize"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Magazine* SmallMagazine(HomeTables* home, nuint size) =>
        (Magazine*)((byte*)home + *(ushort*)((byte*)home + SizeTableOffset + (((size + 15) >> 4) * sizeof(ushort))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Magazine* MagazineAt(HomeTables* home, int number) => (Magazine*)((byte*)home + MagazinesOffset) + number;

    /// <summary>Describes all magazines.</summary>
    /// <param name="home">Zeroed tables.</param>
    /// <param name="entries">Zeroed memory for <see cref="EntriesOfAll"/> entries.</param>
    internal static void Define(HomeTables* home, nint entries)
    {
        var next = (MembufRecord**)entries;
        for (int number = 1; number < Magazines; number++)
        {
            Magazine* magazine = MagazineAt(home, number);
            magazine->Stride = SizeClasses.SizeOf(number);
            magazine->Top = magazine->Bottom = next;
            magazine->Limit = next + LimitFor(magazine->Stride);
            magazine->End = next += CapacityFor(magazine->Stride);
        }

        for (nuint size = 0; size <= LargestBySize; size += 16)
        {
            ((ushort*)((byte*)home + SizeTableOffset))[size / 16] =
                (ushort)((byte*)MagazineAt(home, SizeClasses.Of(size)) - (byte*)home);
        }
    }

    internal static int EntriesOfAll
    {
        get
        {
            int entries = 0;
            for (int number = 1; number < Magazines; number++)
            {
                entries += CapacityFor(SizeClasses.SizeOf(number));
            }

            return entries;
        }
    }

    private static int LimitFor(nuint stride)
    {
        nuint bytesAtHand = stride <= LargestBySize ? 128u * 1024 : 16 * 1024;
        const int least = 2;
        const int most = 256;
        return (int)nuint.Clamp(bytesAtHand / stride, least, most);
    }

    // Blocks of the sizes looked up come and go by the short ways, which do not count what is above a limit: theirs is the end.
    private static int CapacityFor(nuint stride)
    {
        const nuint bytesAtMost = 1 << 20;
        const int least = 4;
        return stride <= LargestBySize ? LimitFor(stride) : (int)nuint.Max(bytesAtMost / stride, least);
    }
}
