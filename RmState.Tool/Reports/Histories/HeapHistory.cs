using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Histories;

/// <summary>Follows a recording call by call, and tells afterwards all that a report says about it.</summary>
/// <param name="unit">The time of the report: seconds if the calls have them.</param>
/// <remarks>Memory grows with the number of blocks, 48 bytes each. One thread at a time.</remarks>
internal sealed class HeapHistory(TimeUnit unit)
{
    private const int SeriesPoints = 2000;

    private readonly SeriesSampler _liveBytes = new(SeriesPoints);
    private readonly SeriesSampler _liveBlocks = new(SeriesPoints);
    private readonly List<ThreadWork> _threads = [];
    private readonly List<double> _lifetimes = [];
    private readonly SizeCounts _sizes = new();
    private RecordedBlock[] _blocks = new RecordedBlock[1024];
    private int _blockCount;
    private double _now;
    private long _bytes;
    private long _live;
    private double _peakBytesAt;
    private double _peakBlocksAt;
    private long _peakBlocks;

    /// <summary>How many calls were added.</summary>
    public int Calls { get; private set; }

    /// <summary>How many calls there are up to the first moment of the most live bytes, its own included.</summary>
    public int PeakCall { get; private set; }

    /// <summary>The most bytes live at once.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>The time that was covered.</summary>
    public TimeAxis Axis => new(unit, _now);

    public LiveSeries Live => new(_liveBytes.Points, _liveBlocks.Points);

    public IReadOnlyList<SizeRow> Sizes => _sizes.Rows;

    public LifetimeTable Lifetimes => LifetimeTables.Of(unit, _lifetimes, _live);

    public IReadOnlyList<ThreadRow> Threads => ThreadWork.RowsOf(_threads);

    public HeapTotals Totals => new()
    {
        Events = Calls,
        Allocations = _blockCount,
        AllocatedBytes = _sizes.Bytes,
        PeakBytes = PeakBytes,
        PeakBytesAt = _peakBytesAt,
        PeakBlocks = _peakBlocks,
        PeakBlocksAt = _peakBlocksAt,
        EndBytes = _bytes,
        EndBlocks = _live,
    };

    /// <summary>The blocks so far, by number.</summary>
    public ReadOnlySpan<RecordedBlock> Blocks => _blocks.AsSpan(0, _blockCount);

    /// <summary>Where the blocks stood that were live after a number of calls, as far as their addresses are known, and their bytes.</summary>
    public IReadOnlyCollection<(long Address, long Bytes)> PlacesAfter(int calls)
    {
        var places = new List<(long Address, long Bytes)>();
        foreach (RecordedBlock block in Blocks)
        {
            if (block.Address != 0 && block.IsLiveAfter(calls))
            {
                places.Add((block.Address, block.Bytes));
            }
        }

        return places;
    }

    /// <summary>The names of the threads so far, by number.</summary>
    public string ThreadName(int thread) => _threads[thread].Name;

    /// <summary>Follows a call.</summary>
    public void Add(in HeapCall call)
    {
        if (Calls == 0)
        {
            _liveBytes.Add(0, 0);
            _liveBlocks.Add(0, 0);
        }

        Calls++;
        _now = unit == TimeUnit.Seconds ? call.Seconds : Calls;
        ThreadWork thread = ThreadOf(call.Thread);
        thread.Events++;
        if (call.Released != HeapCall.None)
        {
            Release(thread, call);
        }

        if (call.Allocates)
        {
            Allocate(thread, call);
        }

        if (_bytes > PeakBytes)
        {
            (PeakBytes, PeakCall, _peakBytesAt) = (_bytes, Calls, _now);
        }

        if (_live > _peakBlocks)
        {
            (_peakBlocks, _peakBlocksAt) = (_live, _now);
        }

        _liveBytes.Add(_now, _bytes);
        _liveBlocks.Add(_now, _live);
    }

    private void Release(ThreadWork thread, in HeapCall call)
    {
        ref RecordedBlock block = ref _blocks[call.Released];
        block.Died = Calls;
        _bytes -= block.Bytes;
        _live--;
        thread.Releases++;
        thread.ForeignReleases += block.Thread == call.Thread ? 0 : 1;
        _lifetimes.Add(unit == TimeUnit.Seconds ? call.Seconds - block.BornSeconds : Calls - block.Born);
    }

    private void Allocate(ThreadWork thread, in HeapCall call)
    {
        if (_blockCount == _blocks.Length)
        {
            Array.Resize(ref _blocks, _blocks.Length * 2);
        }

        _blocks[_blockCount++] = new RecordedBlock
        {
            Bytes = call.Bytes,
            Address = call.Address,
            BornSeconds = call.Seconds,
            Born = Calls,
            Died = RecordedBlock.StillLive,
            Thread = call.Thread,
            Site = call.Site,
        };
        _bytes += call.Bytes;
        _live++;
        _sizes.Add(call.Bytes);
        thread.Allocations++;
        thread.AllocatedBytes += (UInt128)call.Bytes;
    }

    private ThreadWork ThreadOf(int thread)
    {
        while (_threads.Count <= thread)
        {
            _threads.Add(new ThreadWork($"thread {_threads.Count}"));
        }

        return _threads[thread];
    }
}
