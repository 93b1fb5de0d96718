using System.Diagnostics.CodeAnalysis;
using Rm.Arenas;
using Rm.Tool.Replay;
using Rm.Tool.Traces;

namespace Rm.Tool.Recordings;

/// <summary>Replays whole recordings.</summary>
internal static class RecordingRunner
{
    private const int Verifications = 16;
    private const long LeastBetweenVerifications = 1024;

    // What the state, the model and the reader keep for an object beside its bytes, at most.
    private const ulong BytesPerObject = 512;

    /// <summary>Replays a recording over every allocator asked for.</summary>
    /// <exception cref="TraceException">It cannot be read or replayed.</exception>
    public static RecordingResult Replay(string path, IEnumerable<ReplayAllocator> allocators)
    {
        var statistics = RecordingStatistics.Of(path);
        ulong available = (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        ulong needed = statistics.PeakLiveBytes + ((ulong)statistics.Objects * BytesPerObject);
        return needed <= available
            ? new RecordingResult
            {
                Path = path,
                Recording = statistics,
                Sides = [.. allocators.Select(allocator => Replay(path, allocator, statistics.Events))],
            }
            : throw new TraceException($"{path}: needs {needed} bytes of memory to replay; this machine has {available}");
    }

    /// <summary>Does what <paramref name="drive"/> says on a new state and a model, and compares all they come to.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a state throws is a finding of the replay.")]
    public static RecordingSide Run(ReplayAllocator allocator, long verifyEvery, Action<RecordingReplay> drive)
    {
        var tally = new ReplayTally();
        string? error = null;
        using Arena? arena = allocator == ReplayAllocator.Arena ? new Arena() : null;
        SizeClassHeap? heap = arena?.CreateHeap();
        using var state = new RmState(new RmStateOptions { Allocator = heap });
        using var replay = new RecordingReplay(state, heap, tally, verifyEvery);
        try
        {
            drive(replay);
            replay.Audit();
        }
        catch (Exception e) when (e is not TraceException)
        {
            error = $"event {tally.Event}: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}";
        }

        return new RecordingSide
        {
            Allocator = allocator,
            Checks = tally.Checks,
            Differences = tally.Violations,
            Messages = error is null ? tally.Messages : [.. tally.Messages, error],
            LiveAtEnd = replay.Model.Live.Count,
        };
    }

    private static RecordingSide Replay(string path, ReplayAllocator allocator, long events) => Run(
        allocator,
        Math.Max(LeastBetweenVerifications, events / Verifications),
        replay => RecordedEvents.Read(path, (source, read) => replay.Do(read, source.Sites[read.Site])));
}
