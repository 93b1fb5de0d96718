using Rm.Tool.Recordings;
using Rm.Tool.Traces;

namespace Rm.Tool.Shrinking;

/// <summary>The operations of a recording, of which any may be left out.</summary>
internal static class RecordedProgram
{
    // Whoever shrinks a recording keeps it in memory.
    private const int MostSteps = 1 << 24;

    /// <summary>
    /// Reads a recording. What its state did at its own end is left out, so that what nobody released lives at the end; a block that
    /// lived before with several references is followed by retains.
    /// </summary>
    /// <exception cref="TraceException">It cannot be read, breaks a rule of the format, or is too long.</exception>
    public static ProgramStep[] Read(string path)
    {
        var lineages = new List<int>();
        var steps = new List<ProgramStep>();
        RecordedEvents.Read(path, (source, read) =>
        {
            if (read.Born != RecordedEvent.None)
            {
                lineages.Add(read.Ended != RecordedEvent.None ? lineages[read.Ended] : read.Born);
            }

            if (read.Kind > RecordedKind.Violation || read.WithoutCaller)
            {
                return;
            }

            int lineage = read.Object == RecordedEvent.None ? RecordedEvent.None : lineages[read.Object];
            long retains = read.Kind == RecordedKind.Live ? read.Count - 1 : 0;
            if (steps.Count + retains >= MostSteps)
            {
                throw new TraceException($"{path}: more than {MostSteps} operations cannot be cut down");
            }

            RmSite site = source.Sites[read.Site];
            steps.Add(new ProgramStep(steps.Count, lineage, read with { Count = 1 }, site));
            for (long i = 0; i < retains; i++)
            {
                steps.Add(new ProgramStep(steps.Count, lineage, new RecordedEvent { Kind = RecordedKind.Retain }, site));
            }
        });
        return [.. steps];
    }

    /// <summary>
    /// Makes a program of what is left of one: operations on blocks that do not live are dropped, and so are violations that would be
    /// none; a release is the last one or not, as the retains that are left say; objects are numbered anew.
    /// </summary>
    /// <returns>The program, and the model after it.</returns>
    public static (List<ProgramStep> Steps, RecordingModel Model) Repair(IEnumerable<ProgramStep> steps)
    {
        var kept = new List<ProgramStep>();
        var model = new RecordingModel();
        var objects = new Dictionary<int, int>();
        int born = 0;
        foreach (ProgramStep step in steps)
        {
            int id = objects.GetValueOrDefault(step.Lineage, RecordedEvent.None);
            bool lives = model.Live.ContainsKey(id);
            RecordedEvent now = step.Event with { Object = id, Born = RecordedEvent.None, Ended = RecordedEvent.None };
            switch (now.Kind)
            {
                case RecordedKind.Realloc when lives && model.Live[id].Count == 1:
                    now = now with { Object = born, Born = born, Ended = id };
                    model.Resize(id, born, now.Size);
                    objects[step.Lineage] = born++;
                    break;
                case <= RecordedKind.Live when !lives && now.Kind != RecordedKind.Realloc:
                    now = now with { Object = born, Born = born };
                    model.Bear(born, now.Size, IsForeign(now));
                    objects[step.Lineage] = born++;
                    break;
                case RecordedKind.Retain when lives:
                    now = now with { Count = model.Retain(id) };
                    break;
                case RecordedKind.Release or RecordedKind.Free when lives:
                    long remaining = model.Release(id);
                    now = now with { Kind = remaining == 0 ? RecordedKind.Free : RecordedKind.Release, Count = remaining };
                    break;
                case RecordedKind.Detach or RecordedKind.Abandon when lives:
                    now = now with { Kind = RecordedKind.Detach, Count = model.Detach(id) };
                    break;
                case RecordedKind.Violation when (id != RecordedEvent.None || step.Lineage == RecordedEvent.None) && model.Refuses(now.Misuse, now.Member, id):
                    model.Refuse();
                    break;
                default:
                    continue;
            }

            kept.Add(step with { Event = now });
        }

        return (kept, model);
    }

    /// <summary>Whether a block came from elsewhere, as far as a recording tells.</summary>
    public static bool IsForeign(in RecordedEvent birth) =>
        birth.Kind == RecordedKind.Attach || (birth.Kind == RecordedKind.Live && birth.Size == RecordedEvent.UnknownSize);
}
