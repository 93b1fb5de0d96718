using Rm.Membufs;

namespace Rm.Tests.Membufs.Histories;

/// <summary>Memory whose every access is a step that an <see cref="Explorer"/> chooses.</summary>
internal readonly unsafe struct ScheduledMemory : ICountMemory
{
    public static ulong Load(ulong* place) => Load(place, sizeof(ulong));

    public static long Load(long* place) => (long)Load(place, sizeof(long));

    public static int Load(int* place) => (int)Load(place, sizeof(int));

    public static byte Load(byte* place) => (byte)Load(place, sizeof(byte));

    public static void Store(ulong* place, ulong value) => Store(place, sizeof(ulong), value);

    public static void Store(long* place, long value) => Store(place, sizeof(long), (ulong)value);

    public static void Store(int* place, int value) => Store(place, sizeof(int), (uint)value);

    public static void Store(byte* place, byte value) => Store(place, sizeof(byte), value);

    public static long Add(long* place, long amount)
    {
        if (!Replay.Flaws.HasFlag(MemoryFlaws.TornAdd))
        {
            return (long)Replay.Ask(new Access(AccessKind.Add, (nint)place, sizeof(long), (ulong)amount, 0));
        }

        long sum = Load(place) + amount;
        Store(place, sum);
        return sum;
    }

    public static bool TrySwap(long* place, long value, long expected)
    {
        if (!Replay.Flaws.HasFlag(MemoryFlaws.TornSwap))
        {
            return Replay.Ask(new Access(AccessKind.TrySwap, (nint)place, sizeof(long), (ulong)value, (ulong)expected)) != 0;
        }

        bool swaps = Load(place) == expected;
        if (swaps)
        {
            Store(place, value);
        }

        return swaps;
    }

    public static long Exchange(long* place, long value)
    {
        if (!Replay.Flaws.HasFlag(MemoryFlaws.TornExchange))
        {
            return (long)Replay.Ask(new Access(AccessKind.Exchange, (nint)place, sizeof(long), (ulong)value, 0));
        }

        long before = Load(place);
        Store(place, value);
        return before;
    }

    public static void Fence()
    {
        if (!Replay.Flaws.HasFlag(MemoryFlaws.NoFence))
        {
            _ = Replay.Ask(new Access(AccessKind.Fence, 0, 0, 0, 0));
        }
    }

    /// <summary>Stands still until the place holds something, as a thread does that is handed something.</summary>
    internal static long Await(long* place) => (long)Replay.Ask(new Access(AccessKind.Await, (nint)place, sizeof(long), 0, 0));

    /// <summary>Takes a lock, which is a place that is 0 while nobody has it.</summary>
    internal static void Enter(long* place) => _ = Replay.Ask(new Access(AccessKind.Enter, (nint)place, sizeof(long), 1, 0));

    /// <summary>Stands still until all other threads have ended and all they stored is seen.</summary>
    internal static void Join() => _ = Replay.Ask(new Access(AccessKind.Join, 0, 0, 0, 0));

    private static ulong Load(void* place, int size) => Replay.Ask(new Access(AccessKind.Load, (nint)place, size, 0, 0));

    private static void Store(void* place, int size, ulong value) =>
        _ = Replay.Ask(new Access(AccessKind.Store, (nint)place, size, value, 0));
}
