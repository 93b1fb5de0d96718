using System.Numerics;

namespace Rm.Arenas;

/// <summary>
/// A stretch of address space that an arena cuts into granules: which are free, and which of their pages are committed. Only bits;
/// the calls to the system are the arena's.
/// </summary>
internal sealed class Chunk
{
    private readonly ulong[] _free;
    private readonly ulong[] _spare;
    private readonly ushort[] _committed;
    private readonly ushort[] _dirty;

    internal Chunk(ChunkKind kind, nint start, int granules)
    {
        Kind = kind;
        Start = start;
        Granules = granules;
        FreeGranules = granules;
        _free = new ulong[(granules + 63) / 64];
        _spare = new ulong[_free.Length];
        _committed = new ushort[granules];
        _dirty = new ushort[granules];
        for (int i = 0; i < granules; i++)
        {
            _free[i / 64] |= 1UL << (i % 64);
        }
    }

    internal ChunkKind Kind { get; }

    internal nint Start { get; }

    internal int Granules { get; }

    internal nuint Bytes => (nuint)Granules << Granule.Shift;

    internal int FreeGranules { get; private set; }

    /// <summary>Free granules of which some page is committed.</summary>
    internal int SpareGranules { get; private set; }

    /// <summary>Granules before this one were made accessible.</summary>
    internal int Accessible { get; set; }

    internal int IndexOf(nint address) => (int)((nuint)(address - Start) >> Granule.Shift);

    internal nint AddressOf(int granule) => Start + (nint)((nuint)granule << Granule.Shift);

    internal bool IsFree(int granule) => (_free[granule / 64] >> (granule % 64) & 1) != 0;

    internal ushort CommittedPages(int granule) => _committed[granule];

    internal ushort DirtyPages(int granule) => _dirty[granule];

    /// <summary>The lowest free granule, one with committed pages if there is any; -1 when all are taken.</summary>
    internal int FindOne()
    {
        if (FreeGranules == 0)
        {
            return -1;
        }

        ulong[] bits = SpareGranules > 0 ? _spare : _free;
        int word = 0;
        while (bits[word] == 0)
        {
            word++;
        }

        return (word * 64) + BitOperations.TrailingZeroCount(bits[word]);
    }

    /// <summary>
    /// A free granule of which as many pages are committed as are wanted, or nearly so, among the lowest spare ones; -1 when there is
    /// no spare one.
    /// </summary>
    internal int FindSpare(int pages)
    {
        const int candidates = 32;
        int best = -1;
        int leastOff = int.MaxValue;
        int seen = 0;
        for (int word = 0; word < _spare.Length && SpareGranules > seen && seen < candidates; word++)
        {
            for (ulong bits = _spare[word]; bits != 0; bits &= bits - 1)
            {
                seen++;
                int granule = (word * 64) + BitOperations.TrailingZeroCount(bits);
                int off = Math.Abs(BitOperations.PopCount(_committed[granule]) - pages);
                if (off < leastOff)
                {
                    (best, leastOff) = (granule, off);
                }

                if (leastOff == 0)
                {
                    return best;
                }
            }
        }

        return best;
    }

    /// <summary>The lowest run of free granules whose address is aligned; -1 when there is none.</summary>
    internal int FindRun(int granules, nuint alignment)
    {
        int mask = (int)((alignment >> Granule.Shift) - 1);
        int shift = (int)(((nuint)Start >> Granule.Shift) & (nuint)mask);
        for (int from = NextFree(0); from >= 0 && from + granules <= Granules;)
        {
            int aligned = ((from + shift + mask) & ~mask) - shift;
            int end = NextTaken(from);
            if (aligned + granules <= end)
            {
                return aligned;
            }

            from = NextFree(end);
        }

        return -1;
    }

    /// <summary>Whether the granules behind a run are free.</summary>
    internal bool IsFreeRun(int granule, int granules) =>
        granule + granules <= Granules && (granules == 0 || (IsFree(granule) && NextTaken(granule) >= granule + granules));

    internal void Take(int granule, int granules)
    {
        FreeGranules -= granules;
        for (int i = granule; i < granule + granules; i++)
        {
            SpareGranules -= (_spare[i / 64] >> (i % 64) & 1) != 0 ? 1 : 0;
            _free[i / 64] &= ~(1UL << (i % 64));
            _spare[i / 64] &= ~(1UL << (i % 64));
        }
    }

    internal void Give(int granule, int granules)
    {
        FreeGranules += granules;
        for (int i = granule; i < granule + granules; i++)
        {
            _free[i / 64] |= 1UL << (i % 64);
            if (_committed[i] != 0)
            {
                _spare[i / 64] |= 1UL << (i % 64);
                SpareGranules++;
            }
        }
    }

    internal void SetCommitted(int granule, ushort pages) => _committed[granule] |= pages;

    internal void SetDirty(int granule, ushort pages) => _dirty[granule] |= pages;

    internal void SetDecommitted(int granule, ushort pages)
    {
        _committed[granule] &= (ushort)~pages;
        _dirty[granule] &= (ushort)~pages;
        if (_committed[granule] == 0 && (_spare[granule / 64] >> (granule % 64) & 1) != 0)
        {
            _spare[granule / 64] &= ~(1UL << (granule % 64));
            SpareGranules--;
        }
    }

    /// <summary>The highest free granule with committed pages below one; -1 when there is none.</summary>
    internal int LastSpareBelow(int granule)
    {
        for (int word = (granule - 1) / 64; granule > 0 && word >= 0; word--)
        {
            ulong bits = _spare[word];
            if (word == granule / 64)
            {
                bits &= (1UL << (granule % 64)) - 1;
            }

            if (bits != 0)
            {
                return (word * 64) + BitOperations.Log2(bits);
            }
        }

        return -1;
    }

    /// <summary>The first taken granule from one on; their number when there is none.</summary>
    internal int NextTaken(int from)
    {
        int next = Next(from, ulong.MaxValue);
        return next < 0 ? Granules : next;
    }

    private int NextFree(int from) => Next(from, 0);

    // The next granule whose bit differs from those of the pattern; -1 behind the end.
    private int Next(int from, ulong pattern)
    {
        for (int word = from / 64; word < _free.Length; word++)
        {
            ulong bits = _free[word] ^ pattern;
            bits &= word == from / 64 ? ulong.MaxValue << (from % 64) : ulong.MaxValue;
            if (bits != 0)
            {
                int found = (word * 64) + BitOperations.TrailingZeroCount(bits);
                return found < Granules ? found : -1;
            }
        }

        return -1;
    }
}
