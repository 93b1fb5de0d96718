using Rm.Arenas;
using Rm.Tool.Replay;
using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Placements;

/// <summary>Gives the blocks of a recording without addresses a place: where an arena with default options would put them.</summary>
internal static class PeakPlacement
{
    private const string Origin =
        "The recording holds no addresses: its calls were replayed through an RmState arena with default options, and this is where the arena put the blocks. "
        + "Addresses count from the start of the arena's memory.";

    /// <summary>Replays a trace up to its peak of live bytes.</summary>
    /// <param name="script">The trace; it fits this machine.</param>
    /// <returns>Null when there is not enough memory.</returns>
    public static HeapMap? Of(ReplayScript script)
    {
        using var window = new WindowMemory();
        if (window.Start == 0)
        {
            return null;
        }

        using var arena = new Arena(new ArenaOptions { Memory = window });
        var heap = new ArenaHeap(arena.CreateHeap());
        nint[] blocks = new nint[script.ObjectCount];
        var tally = new ReplayTally();
        int peak = (int)script.Statistics.PeakLiveEvent;
        try
        {
            ReplayLoop.Run(ref heap, script, blocks, peak, tally);
        }
        catch (InvalidOperationException)
        {
            // What a heap without memory throws.
            return null;
        }

        HeapSnapshot snapshot = HeapSnapshot.Of(arena, script, blocks.AsSpan(0, tally.NextObject), peak);
        return new HeapMap
        {
            Moment = "at the peak of live bytes",
            Origin = Origin,
            Ranges = [.. snapshot.Ranges.Select(r => r with { Start = r.Start - window.Start })],
        };
    }
}
