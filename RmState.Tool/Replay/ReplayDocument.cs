using System.Text.Json.Serialization;
using Rm.Tool.Recordings;

namespace Rm.Tool.Replay;

/// <summary>Everything a run of the replay command found, as one JSON document.</summary>
internal sealed record ReplayDocument
{
    /// <summary>Whether every file could be read and every check held.</summary>
    public bool Passed => Errors.Count == 0 && Traces.All(t => t.Failures.Count == 0) && !Recordings.Any(r => r.Failed);

    public int Rounds { get; init; }

    public int Holders { get; init; }

    public ulong Seed { get; init; }

    /// <summary>Whether each thread of a trace had a thread of its own; times are the process's then.</summary>
    public bool OnThreads { get; init; }

    public IReadOnlyList<ReplayResult> Traces { get; init; } = [];

    /// <summary>Recordings of states, which are replayed once over each allocator, and compared with a model instead of measured.</summary>
    public IReadOnlyList<RecordingResult> Recordings { get; init; } = [];

    /// <summary>Over all traces, for each side but malloc.</summary>
    public IReadOnlyList<SideMeans> Means => SideMeans.Of(Traces);

    /// <summary>Files that cannot be replayed, one line each.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>What the command ends with, one of <see cref="Tool.ExitCode"/>.</summary>
    [JsonIgnore]
    public int ExitCode => Errors.Count > 0 ? Tool.ExitCode.Usage : Passed ? Tool.ExitCode.Success : Tool.ExitCode.Failed;
}
