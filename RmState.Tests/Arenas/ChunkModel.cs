using Rm.Arenas;

namespace Rm.Tests.Arenas;

/// <summary>What a chunk should say, from one bool a granule and one a page.</summary>
internal sealed class ChunkModel(nint start, int granules)
{
    private const int Pages = 16;

    private readonly bool[] _taken = new bool[granules];
    private readonly bool[,] _committed = new bool[granules, Pages];
    private readonly bool[,] _dirty = new bool[granules, Pages];

    public void Take(int granule, int count) => _taken.AsSpan(granule, count).Fill(true);

    public void Give(int granule, int count) => _taken.AsSpan(granule, count).Clear();

    public void Commit(int granule, ushort pages, bool dirty)
    {
        for (int page = 0; page < Pages; page++)
        {
            bool chosen = (pages >> page & 1) != 0;
            _committed[granule, page] |= chosen;
            _dirty[granule, page] |= chosen && dirty;
        }
    }

    public void Decommit(int granule, ushort pages)
    {
        for (int page = 0; page < Pages; page++)
        {
            bool kept = (pages >> page & 1) == 0;
            _committed[granule, page] &= kept;
            _dirty[granule, page] &= kept;
        }
    }

    // One with committed pages if there is any, as it costs nothing.
    public int FindOne()
    {
        int spare = Enumerable.Range(0, granules).FirstOrDefault(IsSpare, -1);
        return spare >= 0 ? spare : Array.IndexOf(_taken, false);
    }

    public int FindRun(int count, nuint alignment)
    {
        for (int first = 0; first + count <= granules; first++)
        {
            if ((nuint)(start + (first * (nint)Granule.Bytes)) % alignment == 0 && IsFreeRun(first, count))
            {
                return first;
            }
        }

        return -1;
    }

    public bool IsFreeRun(int granule, int count) =>
        granule + count <= granules && !_taken.AsSpan(granule, count).Contains(true);

    public string? Difference(Chunk chunk)
    {
        int below = -1;
        for (int i = 0; i < granules; i++)
        {
            if (chunk.IsFree(i) == _taken[i] || chunk.CommittedPages(i) != Bits(_committed, i) || chunk.DirtyPages(i) != Bits(_dirty, i))
            {
                return $"granule {i}: free {chunk.IsFree(i)}, committed {chunk.CommittedPages(i):x}, dirty {chunk.DirtyPages(i):x}";
            }

            if (chunk.LastSpareBelow(i) != below)
            {
                return $"last spare below {i} is {chunk.LastSpareBelow(i)}, not {below}";
            }

            below = IsSpare(i) ? i : below;
        }

        int spare = Enumerable.Range(0, granules).Count(IsSpare);
        int free = _taken.Count(static taken => !taken);
        return chunk.FreeGranules != free ? $"{chunk.FreeGranules} are free, not {free}"
            : chunk.SpareGranules != spare ? $"{chunk.SpareGranules} are spare, not {spare}"
            : chunk.FindOne() != FindOne() ? $"found one at {chunk.FindOne()}, not {FindOne()}"
            : null;
    }

    private bool IsSpare(int granule) => !_taken[granule] && Bits(_committed, granule) != 0;

    private static ushort Bits(bool[,] pages, int granule) =>
        (ushort)Enumerable.Range(0, Pages).Sum(page => pages[granule, page] ? 1 << page : 0);
}
