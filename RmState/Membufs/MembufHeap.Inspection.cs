using Protocol = Rm.Membufs.MembufCounting<Rm.Membufs.NativeCountMemory>;

namespace Rm.Membufs;

// Looking at a heap.
public sealed unsafe partial class MembufHeap
{
    /// <summary>What the heap did and has. O(threads).</summary>
    public MembufHeapStatistics Statistics
    {
        get
        {
            lock (_lock)
            {
                long allocations = 0;
                long recycled = 0;
                for (int i = 0; i < _homeCount; i++)
                {
                    HomeTables* home = _homes[i]!.Tables;
                    recycled += Volatile.Read(ref home->Recycled);
                    allocations += Volatile.Read(ref home->Allocations);
                }

                return new MembufHeapStatistics(
                    allocations,
                    recycled,
                    Volatile.Read(ref _references),
                    Volatile.Read(ref _releases),
                    _homesByIdentity.Count,
                    _orphans.Count,
                    _store.Bytes);
            }
        }
    }

    /// <summary>The blocks that live, as of a moment ago while other threads use the heap. O(blocks ever live at once).</summary>
    /// <returns>How many and how large, and some of them by address.</returns>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public MembufReport GetReport()
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            return TakeReport(out _);
        }
    }

    private MembufReport TakeReport(out List<nint> live)
    {
        var shown = new List<MembufInfo>();
        live = [];
        ulong bytes = 0;
        foreach (nint place in _store.Records)
        {
            var record = (MembufRecord*)place;
            if (!MembufRecord.IsTaken(Volatile.Read(ref record->Tag)) || Protocol.CountOfBlock(record, RecordChunk.ShareOf(record)) is not (> 0 and var count))
            {
                continue;
            }

            live.Add(place);
            bytes += MembufRecord.LengthOf(record);
            if (shown.Count < MembufReport.Shown)
            {
                shown.Add(new MembufInfo(record->Address, MembufRecord.LengthOf(record), count));
            }
        }

        return new MembufReport(Name, live.Count, bytes, shown);
    }
}
