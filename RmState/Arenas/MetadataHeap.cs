using System.Numerics;
using Rm.Memory;

namespace Rm.Arenas;

/// <summary>
/// Memory for slabs' headers and marks. Pieces of one size share an area of pages; an area without pieces goes back to the system,
/// so that what described freed memory does not stay when the memory has gone.
/// </summary>
/// <remarks>Called under the arena's lock.</remarks>
internal sealed unsafe class MetadataHeap(IVirtualMemory memory) : IDisposable
{
    private const nuint Unit = PageEntry.SlabAlignment;
    private const nuint AreaBytes = 128 * 1024;
    private const int MaxPieces = (int)(AreaBytes / Unit);

    // Above this a piece has an area of its own.
    private const nuint MaxShared = AreaBytes / 16;

    private readonly Dictionary<nint, Area> _areas = [];
    private readonly List<Area>?[] _withRoom = new List<Area>?[(MaxShared / Unit) + 1];

    /// <summary>Bytes taken from the system.</summary>
    internal nuint Bytes { get; private set; }

    /// <summary>Takes a piece, aligned to <see cref="PageEntry.SlabAlignment"/>; its contents are undefined.</summary>
    /// <returns>0 when there is no memory.</returns>
    internal nint Take(nuint bytes)
    {
        bytes = Rounded(bytes);
        if (bytes > MaxShared)
        {
            return TakeArea(bytes)?.Memory.Start ?? 0;
        }

        List<Area> withRoom = _withRoom[bytes / Unit] ??= [];
        if (withRoom.Count == 0)
        {
            if (TakeArea(AreaBytes) is not { } fresh)
            {
                return 0;
            }

            fresh.Share(bytes);
            withRoom.Add(fresh);
        }

        Area area = withRoom[^1];
        nint piece = area.TakePiece();
        if (area.IsFull)
        {
            withRoom.RemoveAt(withRoom.Count - 1);
        }

        return piece;
    }

    /// <summary>Takes a piece back.</summary>
    /// <param name="piece">What <see cref="Take"/> returned.</param>
    /// <param name="bytes">What it was asked for.</param>
    internal void Give(nint piece, nuint bytes)
    {
        bytes = Rounded(bytes);
        if (bytes > MaxShared)
        {
            _ = TryRelease(_areas[piece]);
            return;
        }

        // Areas are aligned to their size.
        nint start = (nint)((nuint)piece & ~(AreaBytes - 1));
        Area area = _areas[start];
        List<Area> withRoom = _withRoom[bytes / Unit]!;
        if (area.IsFull)
        {
            withRoom.Add(area);
        }

        area.GivePiece(piece);
        if (area.IsEmpty && withRoom.Count > 1 && TryRelease(area))
        {
            _ = withRoom.Remove(area);
        }
    }

    /// <summary>Gives areas without pieces back to the system, until their bytes reach a budget.</summary>
    /// <returns>The bytes given back.</returns>
    internal nuint Trim(nuint budget)
    {
        nuint before = Bytes;
        foreach (List<Area>? withRoom in _withRoom)
        {
            _ = withRoom?.RemoveAll(area => area.IsEmpty && before - Bytes < budget && TryRelease(area));
        }

        return before - Bytes;
    }

    /// <summary>Whether a piece begins at an address, or could.</summary>
    internal bool Holds(nint piece) =>
        _areas.ContainsKey((nint)((nuint)piece & ~(AreaBytes - 1))) && ((nuint)piece & (Unit - 1)) == 0;

    public void Dispose()
    {
        foreach (Area area in _areas.Values)
        {
            _ = TryFree(area);
        }

        _areas.Clear();
        Bytes = 0;
    }

    internal IEnumerable<(nint Start, nuint Bytes)> Areas => _areas.Values.Select(static area => (area.Memory.Start, area.Memory.Bytes));

    private static nuint Rounded(nuint bytes) => (bytes + Unit - 1) & ~(Unit - 1);

    private Area? TakeArea(nuint bytes)
    {
        nuint page = memory.PageSize;
        nuint length = (bytes + page - 1) & ~(page - 1);
        nint start = memory.Reserve(length, AreaBytes);
        bool mapped = start != 0 && memory.Commit(start, length);
        if (!mapped)
        {
            if (start != 0)
            {
                _ = memory.Release(start, length);
            }

            start = memory.AllocateAligned(length, AreaBytes);
        }

        if (start == 0)
        {
            return null;
        }

        var area = new Area((start, length), mapped);
        _areas.Add(start, area);
        Bytes += length;
        return area;
    }

    // What the system refuses to take is kept, and serves again where it can.
    private bool TryRelease(Area area)
    {
        if (!TryFree(area))
        {
            return false;
        }

        _ = _areas.Remove(area.Memory.Start);
        Bytes -= area.Memory.Bytes;
        return true;
    }

    private bool TryFree(Area area)
    {
        if (area.Mapped)
        {
            return memory.Release(area.Memory.Start, area.Memory.Bytes);
        }

        memory.FreeAligned(area.Memory.Start, AreaBytes);
        return true;
    }

    /// <summary>Pages cut into pieces of one size.</summary>
    private sealed class Area((nint Start, nuint Bytes) memory, bool mapped)
    {
        private readonly ulong[] _free = new ulong[MaxPieces / 64];
        private nuint _pieceBytes;
        private int _pieces;
        private int _freePieces;

        internal (nint Start, nuint Bytes) Memory => memory;

        internal bool Mapped => mapped;

        internal bool IsFull => _freePieces == 0;

        internal bool IsEmpty => _freePieces == _pieces;

        internal void Share(nuint pieceBytes)
        {
            _pieceBytes = pieceBytes;
            _pieces = _freePieces = (int)(AreaBytes / pieceBytes);
            for (int i = 0; i < _pieces; i++)
            {
                _free[i / 64] |= 1UL << (i % 64);
            }
        }

        // The lowest one, so that pages at the end stay untouched.
        internal nint TakePiece()
        {
            int word = 0;
            while (_free[word] == 0)
            {
                word++;
            }

            int index = (word * 64) + BitOperations.TrailingZeroCount(_free[word]);
            _free[word] &= _free[word] - 1;
            _freePieces--;
            return memory.Start + (nint)((nuint)index * _pieceBytes);
        }

        internal void GivePiece(nint piece)
        {
            int index = (int)((nuint)(piece - memory.Start) / _pieceBytes);
            _free[index / 64] |= 1UL << (index % 64);
            _freePieces++;
        }
    }
}
