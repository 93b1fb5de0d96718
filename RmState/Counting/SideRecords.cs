using System.Runtime.CompilerServices;

namespace Rm.Counting;

/// <summary>
/// The side records of one table: chunks of native memory that never move, so that a record's index and address are stable.
/// Index 0 is never handed out.
/// </summary>
/// <remarks>Thread rule: the state's. Take and free are O(1).</remarks>
internal sealed unsafe class SideRecords(ITableMemory memory)
{
    private const int ChunkLog2 = 9;
    private const int ChunkLength = 1 << ChunkLog2;
    private const nuint ChunkBytes = ChunkLength * SideRecord.Bytes;

    // Enough for every index that fits a block's info.
    private const int MaxChunks = int.MaxValue >> ChunkLog2;

    private nint[] _chunks = [];
    private int _chunkCount;
    private uint _free;
    private uint _unused = 1;

    internal long Bytes => _chunkCount * (long)ChunkBytes;

    /// <summary>Records in use.</summary>
    internal long InUse { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal SideRecord* At(uint index) => (SideRecord*)_chunks[index >> ChunkLog2] + (index & (ChunkLength - 1));

    /// <summary>Takes a record, its fields all 0.</summary>
    /// <returns>Its index; 0 when there is no memory.</returns>
    internal uint Take()
    {
        uint index = _free;
        if (index != 0)
        {
            SideRecord* record = At(index);
            _free = record->Next;
            *record = default;
        }
        else
        {
            if (_unused >> ChunkLog2 == _chunkCount && !AddChunk())
            {
                return 0;
            }

            index = _unused++;
        }

        InUse++;
        return index;
    }

    /// <summary>Makes sure that the next <see cref="Take"/> succeeds.</summary>
    /// <returns>False when there is no memory.</returns>
    internal bool HasSpare() => _free != 0 || _unused >> ChunkLog2 != _chunkCount || AddChunk();

    internal void Free(uint index)
    {
        SideRecord* record = At(index);
        *record = default;
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
            *At(index) = default;
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
            Retire.Whole(memory, _chunks[i], ChunkBytes);
        }

        _chunks = [];
        _chunkCount = 0;
        _free = 0;
        _unused = 1;
        InUse = 0;
    }

    private bool AddChunk()
    {
        if (_chunkCount == MaxChunks)
        {
            return false;
        }

        if (_chunkCount == _chunks.Length)
        {
            Array.Resize(ref _chunks, Math.Max(4, _chunkCount * 2));
        }

        nint chunk = memory.Take(ChunkBytes);
        if (chunk == 0)
        {
            return false;
        }

        _chunks[_chunkCount++] = chunk;
        return true;
    }
}
