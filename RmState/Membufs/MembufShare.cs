using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rm.Membufs;

/// <summary>
/// The part of a membuf's count that any thread may change, with atomic instructions only.
/// <code>
///  63               38  37   36   35   34  33                        0
///  +------------------+----+----+----+----+---------------------------+
///  |     changes      | F  | D  | Q  | M  |  count + 2^32             |   Word
///  +------------------+----+----+----+----+---------------------------+
///   M  merged: the owner's count was added, and nobody counts apart any more
///   Q  queued: the record is in its home's mailbox, though the block may live
///   D  dead: the last reference ended; what follows is done by the thread that set it
///   F  finished: that thread is done with a block that was queued
/// </code>
/// Until it is merged the block has Local + count references, and count may be below zero: others gave back what the owner had counted.
/// Every change adds one to the changes, so that a word that was read, and is still the same, did not change meanwhile.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct MembufShare
{
    internal const int Bytes = 16;

    internal const long Bias = 1L << 32;
    internal const long CountMask = (1L << 34) - 1;
    internal const long Merged = 1L << 34;
    internal const long Queued = 1L << 35;
    internal const long Dead = 1L << 36;
    internal const long Finished = 1L << 37;
    internal const long Change = 1L << 38;
    internal const long ChangeMask = ~(Change - 1);

    /// <summary>Set from 2^32 references on. What concurrent attempts add beyond that is far from the field's end.</summary>
    internal const long TooMany = 1L << 33;

    public long Word;

    /// <summary>The next record in the mailbox.</summary>
    public long Next;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long CountOf(long word) => (word & CountMask) - Bias;

    /// <summary>Whether no other thread has a part in the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsUntouched(long word) => (word & ~ChangeMask) == Bias;
}
