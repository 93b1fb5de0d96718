namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// The words that a state keeps of a thread: where it stands, then the stores that others do not see yet, oldest first, two words each.
/// </summary>
internal static class StoreBuffer
{
    internal const int MostStores = 8;

    internal const int Words = 1 + (2 * MostStores);

    internal static int CountOf(ReadOnlySpan<ulong> thread)
    {
        int count = 0;
        while (count < MostStores && thread[1 + (2 * count)] != 0)
        {
            count++;
        }

        return count;
    }

    internal static bool IsEmpty(ReadOnlySpan<ulong> thread) => thread[1] == 0;

    /// <summary>A word as the thread sees it: its own stores come before what is in memory.</summary>
    internal static ulong View(ReadOnlySpan<ulong> thread, int place, ulong inMemory)
    {
        for (int at = 1; at < Words && thread[at] != 0; at += 2)
        {
            inMemory = PlaceOf(thread[at]) == place ? Write(inMemory, thread[at], thread[at + 1]) : inMemory;
        }

        return inMemory;
    }

    internal static bool Has(ReadOnlySpan<ulong> thread, int place)
    {
        bool has = false;
        for (int at = 1; at < Words && thread[at] != 0; at += 2)
        {
            has |= PlaceOf(thread[at]) == place;
        }

        return has;
    }

    internal static void Append(Span<ulong> thread, int place, int shift, int size, ulong value)
    {
        int at = 1 + (2 * CountOf(thread));
        thread[at] = ((ulong)(uint)place << 16) | (ulong)(uint)((shift << 8) | size);
        thread[at + 1] = value;
    }

    internal static void RemoveOldest(Span<ulong> thread)
    {
        thread[3..].CopyTo(thread[1..]);
        thread[^2..].Clear();
    }

    internal static int PlaceOf(ulong store) => (int)(store >> 16);

    internal static int OffsetOf(ulong store) => (int)(store >> 8 & 0xFF) / 8;

    internal static ulong Write(ulong word, ulong store, ulong value)
    {
        int shift = (int)(store >> 8 & 0xFF);
        int size = (int)(store & 0xFF);
        ulong mask = (size == sizeof(ulong) ? ulong.MaxValue : (1UL << (size * 8)) - 1) << shift;
        return (word & ~mask) | (value << shift & mask);
    }
}
