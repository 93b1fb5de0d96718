namespace Rm.Arenas;

/// <summary>Walks the granules of a stretch of a chunk, each with the bits of its pages that belong to the stretch.</summary>
internal ref struct ChunkParts
{
    private readonly Chunk _chunk;
    private readonly nuint _page;
    private readonly nint _end;
    private nint _next;

    /// <summary>A walk over a stretch, rounded up to whole pages.</summary>
    internal ChunkParts(Chunk chunk, nint start, nuint bytes, nuint page)
    {
        _chunk = chunk;
        _page = page;
        _next = start;
        _end = start + (nint)((bytes + page - 1) & ~(page - 1));
    }

    /// <summary>The granule the walk stands on.</summary>
    public int Granule { get; private set; }

    /// <summary>The bits of its pages.</summary>
    public ushort Pages { get; private set; }

    public readonly ChunkParts Current => this;

    public readonly ChunkParts GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_next >= _end)
        {
            return false;
        }

        Granule = _chunk.IndexOf(_next);
        nint stop = nint.Min(_chunk.AddressOf(Granule + 1), _end);
        int first = (int)((nuint)(_next - _chunk.AddressOf(Granule)) / _page);
        int count = (int)((nuint)(stop - _next) / _page);
        Pages = (ushort)(((1 << count) - 1) << first);
        _next = stop;
        return true;
    }
}
