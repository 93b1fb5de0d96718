using System.Runtime.CompilerServices;

namespace Rm.Membufs;

/// <summary>Memory as it is.</summary>
internal readonly unsafe struct NativeCountMemory : ICountMemory
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(ulong* place) => Volatile.Read(ref *place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Load(long* place) => Volatile.Read(ref *place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Load(int* place) => Volatile.Read(ref *place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Load(byte* place) => Volatile.Read(ref *place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ulong* place, ulong value) => Volatile.Write(ref *place, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(long* place, long value) => Volatile.Write(ref *place, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(int* place, int value) => Volatile.Write(ref *place, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* place, byte value) => Volatile.Write(ref *place, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Add(long* place, long amount) => Interlocked.Add(ref *place, amount);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySwap(long* place, long value, long expected) => Interlocked.CompareExchange(ref *place, value, expected) == expected;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Exchange(long* place, long value) => Interlocked.Exchange(ref *place, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fence() => Interlocked.MemoryBarrier();
}
