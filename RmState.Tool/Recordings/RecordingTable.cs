using Rm.Tool.Replay;

namespace Rm.Tool.Recordings;

/// <summary>Shows what replaying recordings of states came to.</summary>
internal static class RecordingTable
{
    public static void Write(TextWriter output, IEnumerable<RecordingResult> results)
    {
        foreach (RecordingResult result in results)
        {
            RecordingStatistics recording = result.Recording;
            string state = recording.StateName is { } name ? $" of state '{name}'" : "";
            string end = recording.IsComplete ? "" : "; it was not finished";
            output.WriteLine(
                $"{result.Name}: a recording{state}: {recording.Events:N0} events, {recording.Objects:N0} blocks, {recording.Sites:N0} sites, "
                + $"{recording.Violations:N0} violations, {recording.Leaked:N0} blocks never released{end}");
            foreach (RecordingSide side in result.Sides)
            {
                string outcome = side.Failed ? $"{Math.Max(1, side.Differences):N0} differences" : "every count and every byte was right";
                output.WriteLine($"  state over {NameOf(side.Allocator)}: {side.Checks:N0} checks, {side.LiveAtEnd:N0} live at the end: {outcome}");
                foreach (string message in side.Messages)
                {
                    output.WriteLine($"FAIL {result.Name}: {message}");
                }
            }
        }
    }

    private static string NameOf(ReplayAllocator allocator) => allocator == ReplayAllocator.Arena ? "arena" : "malloc";
}
