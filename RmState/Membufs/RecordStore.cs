using System.Runtime.ConstrainedExecution;
using Rm.Arenas;
using Rm.Memory;

namespace Rm.Membufs;

/// <summary>
/// Where a heap's records are, in runs of neighbours. What was a record stays one for ever: a run that is given back serves other places
/// later, with its generations. The memory goes with the heap object, not with its disposal, so that a handle, which holds the heap, never
/// reads freed memory.
/// </summary>
/// <remarks>Used under the heap's lock. Its finalizer is a critical one: those of the heap's other parts run before.</remarks>
internal sealed unsafe class RecordStore : CriticalFinalizerObject
{
    private readonly IVirtualMemory _memory;
    private readonly List<(nint Start, bool Mapped)> _chunks = [];
    private readonly List<NativeArea> _areas = [];
    private readonly SortedDictionary<int, Stack<nint>> _free = [];

    // The chunks once more, replaced whole: it is read without the lock.
    private volatile nint[] _starts = [];

    /// <summary>Makes a store without records.</summary>
    /// <param name="memory">Where their memory comes from.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for the map.</exception>
    internal RecordStore(IVirtualMemory memory)
    {
        _memory = memory;
        Map = new PageMap(memory);
    }

    ~RecordStore()
    {
        foreach ((nint start, bool mapped) in _chunks)
        {
            if (mapped)
            {
                _ = _memory.Release(start, RecordChunk.Bytes);
            }
            else
            {
                _memory.FreeAligned(start, RecordChunk.Bytes);
            }
        }

        _areas.ForEach(area => area.Release(_memory));
        Map?.Dispose();
    }

    /// <summary>From addresses to records; used without the lock, and so as long as they.</summary>
    internal PageMap Map { get; }

    /// <summary>Bytes of all records, used or not, and of the tables beside them.</summary>
    internal nuint Bytes => ((nuint)_chunks.Count * RecordChunk.Bytes) + _areas.Aggregate((nuint)0, static (sum, area) => sum + area.Bytes);

    /// <summary>Every record that was ever handed out, whether or not it is used now.</summary>
    internal IEnumerable<nint> Records
    {
        get
        {
            foreach (nint start in _starts)
            {
                for (int i = 0; i < RecordChunk.Records - 1; i++)
                {
                    yield return RecordAt(start, i);
                }
            }
        }
    }

    /// <summary>Takes memory for a table that lives as long as the records.</summary>
    /// <returns>0 when there is none.</returns>
    internal nint TakeArea(nuint bytes)
    {
        var area = NativeArea.Take(_memory, bytes);
        if (area.Start != 0)
        {
            _areas.Add(area);
        }

        return area.Start;
    }

    /// <summary>Takes neighbouring records.</summary>
    /// <returns>Null when there is no memory.</returns>
    internal MembufRecord* Take(int count)
    {
        foreach ((int length, Stack<nint> runs) in _free)
        {
            if (length >= count)
            {
                var run = (MembufRecord*)runs.Pop();
                if (runs.Count == 0)
                {
                    _free.Remove(length);
                }

                Give(run + count, length - count);
                return run;
            }
        }

        nint chunk = OpenChunk();
        if (chunk == 0)
        {
            return null;
        }

        Give(RecordChunk.First(chunk) + count, RecordChunk.Records - 1 - count);
        return RecordChunk.First(chunk);
    }

    /// <summary>Gives neighbouring records back, none of which is in use.</summary>
    internal void Give(MembufRecord* run, int count)
    {
        if (count == 0)
        {
            return;
        }

        if (!_free.TryGetValue(count, out Stack<nint>? runs))
        {
            _free.Add(count, runs = new());
        }

        runs.Push((nint)run);
    }

    /// <summary>The record of a number. Needs no lock.</summary>
    internal MembufRecord* At(int index) => RecordChunk.First(_starts[(index - 1) / RecordChunk.Records]) + ((index - 1) % RecordChunk.Records);

    private static nint RecordAt(nint chunk, int index) => (nint)(RecordChunk.First(chunk) + index);

    private nint OpenChunk()
    {
        nint start = _memory.Reserve(RecordChunk.Bytes, RecordChunk.Bytes);
        bool mapped = start != 0 && _memory.Commit(start, RecordChunk.Bytes);
        if (start != 0 && !mapped)
        {
            _ = _memory.Release(start, RecordChunk.Bytes);
        }

        if (!mapped)
        {
            start = _memory.AllocateAligned(RecordChunk.Bytes, RecordChunk.Bytes);
            if (start == 0)
            {
                return 0;
            }

            new Span<byte>((void*)start, RecordChunk.Bytes).Clear();
        }

        RecordChunk.NumberOf(start) = _chunks.Count;
        _chunks.Add((start, mapped));
        _starts = [.. _starts, start];
        return start;
    }
}
