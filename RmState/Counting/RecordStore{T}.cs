using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rm.Counting;

/// <summary>
/// The records of one kind of one state: chunks of native memory that never move, so that a record's index and address are
/// stable. Index 0 is never handed out.
/// </summary>
/// <typeparam name="T">The record, or its beginning.</typeparam>
/// <param name="memory">Where chunks come from.</param>
/// <param name="stride">Bytes from a record to the next, where it is longer than its type; 0 for the type's own size.</param>
/// <remarks>Thread rule: the state's. Take and free are O(1).</remarks>
internal sealed unsafe class RecordStore<T>(ITableMemory memory, int stride = 0)
    where T : unmanaged, IListed
{
    internal const int ChunkLog2 = 9;
    internal const int ChunkLength = 1 << ChunkLog2;

    // Enough for every index that fits a block's info.
    private const int MaxChunks = int.MaxValue >> ChunkLog2;
    private const int FirstRoom = 16;

    private readonly nuint _stride = stride == 0 ? (nuint)sizeof(T) : (nuint)stride;
    private int _room;
    private int _chunkCount;
    private uint _free;
    private uint _unused = 1;

    /// <summary>The chunks' addresses; null while there is none. It moves when a chunk is added.</summary>
    internal nint* Chunks { get; private set; }

    internal long Bytes => (_chunkCount * (long)ChunkBytes) + (_room * (long)sizeof(nint));

    /// <summary>Records in use.</summary>
    internal long InUse { get; private set; }

    private nuint ChunkBytes => ChunkLength * _stride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T* At(uint index) => (T*)(Chunks[index >> ChunkLog2] + (nint)((index & (ChunkLength - 1)) * _stride));

    /// <summary>The record freed last; 0 when none is free.</summary>
    internal uint FirstFreed => _free;

    /// <summary>Takes the record freed last; its fields are not 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void TakeFirstFreed(T* record)
    {
        _free = record->Next;
        InUse++;
    }

    /// <summary>Takes a record, its fields all 0.</summary>
    /// <returns>Its index; 0 when there is no memory.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint Take()
    {
        uint index = _free;
        if (index != 0)
        {
            TakeFirstFreed(At(index));
#if RM_MUTATIONS
            SitePair kept = typeof(T) == typeof(SideRecord) && Mutation.Is(Mutation.PlacesKeptOnReuse) ? ((SideRecord*)At(index))->Retains : default;
            Clear(At(index));
            if (kept.Count != 0)
            {
                ((SideRecord*)At(index))->Retains = kept;
            }
#else
            Clear(At(index));
#endif
            return index;
        }

        return TakeUnused();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint TakeUnused()
    {
        if (_unused >> ChunkLog2 == _chunkCount && !AddChunk())
        {
            return 0;
        }

        InUse++;
        return _unused++;
    }

    // The usual record clears in a few wide stores.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Clear(T* record)
    {
        if (_stride == (nuint)sizeof(T))
        {
            *record = default;
        }
        else
        {
            NativeMemory.Clear(record, _stride);
        }
    }

    /// <summary>Makes sure that the next <see cref="Take"/> succeeds.</summary>
    /// <returns>False when there is no memory.</returns>
    internal bool HasSpare() => _free != 0 || _unused >> ChunkLog2 != _chunkCount || AddChunk();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Free(uint index) => Free(index, At(index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Free(uint index, T* record)
    {
        record->Next = _free;
        _free = index;
        InUse--;
    }

    /// <summary>Whether an index is one that was handed out at some time.</summary>
    internal bool IsValid(uint index) => index != 0 && index < _unused;

    /// <summary>Forgets every record and keeps the memory.</summary>
    internal void Clear()
    {
        for (uint index = 1; index < _unused; index++)
        {
            Clear(At(index));
        }

        _free = 0;
        _unused = 1;
        InUse = 0;
    }

    /// <summary>Gives all chunks back.</summary>
    internal void Release()
    {
        for (int i = 0; i < _chunkCount; i++)
        {
            Retire.Whole(memory, Chunks[i], ChunkBytes);
        }

        GiveBackDirectory();
        Chunks = null;
        _room = 0;
        _chunkCount = 0;
        _free = 0;
        _unused = 1;
        InUse = 0;
    }

    private bool AddChunk()
    {
        if (_chunkCount == MaxChunks || (_chunkCount == _room && !EnlargeDirectory()))
        {
            return false;
        }

        nint chunk = memory.Take(ChunkBytes);
        if (chunk == 0)
        {
            return false;
        }

        Chunks[_chunkCount++] = chunk;
        return true;
    }

    private bool EnlargeDirectory()
    {
        int room = Math.Max(FirstRoom, _room * 2);
        var larger = (nint*)memory.Take((nuint)room * (nuint)sizeof(nint));
        if (larger == null)
        {
            return false;
        }

        new ReadOnlySpan<nint>(Chunks, _chunkCount).CopyTo(new Span<nint>(larger, room));
        GiveBackDirectory();
        Chunks = larger;
        _room = room;
        return true;
    }

    private void GiveBackDirectory()
    {
        if (_room != 0)
        {
            Retire.Whole(memory, (nint)Chunks, (nuint)_room * (nuint)sizeof(nint));
        }
    }
}
