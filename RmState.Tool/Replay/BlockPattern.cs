using System.Runtime.CompilerServices;

namespace Rm.Tool.Replay;

/// <summary>
/// The bytes a replay writes into each block and expects to find again: the first and every 4096th, with a value that depends
/// on the object. One byte touches a page as a program's own use would, and costs little beside the heap call.
/// </summary>
internal static unsafe class BlockPattern
{
    public const int Stride = 4096;

    /// <summary>The value for an object; never 0, so that it differs from zeroed memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte ValueOf(int id) => (byte)((((uint)id * 0x9E3779B1) >> 24) | 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(nint block, nuint size, int id)
    {
        byte value = ValueOf(id);
        for (nuint offset = 0; offset < size; offset += Stride)
        {
            ((byte*)block)[offset] = value;
        }
    }

    /// <summary>Compares the bytes from one offset, a multiple of <see cref="Stride"/>, up to another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check(nint block, nuint from, nuint to, int id, byte value, ReplayTally tally)
    {
        for (nuint offset = from; offset < to; offset += Stride)
        {
            byte found = ((byte*)block)[offset];
            if (found != value)
            {
                tally.ReportByte(id, offset, value, found);
            }

            tally.Checks++;
        }
    }

    /// <summary>The first multiple of <see cref="Stride"/> that is not below an offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint AtOrAfter(nuint offset) => (offset + Stride - 1) & ~(nuint)(Stride - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CheckAlignment(nint block, nuint alignment, int id, ReplayTally tally)
    {
        tally.Checks++;
        if (((nuint)block & (alignment - 1)) != 0)
        {
            tally.ReportAlignment(id, alignment);
        }
    }
}
