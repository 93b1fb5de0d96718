using Rm.Tool.Recordings;
using Rm.Tool.Replay;
using Rm.Tool.Traces;

namespace Rm.Tool.Shrinking;

/// <summary>Cuts a recording down to the few operations that something wrong in it needs: whole blocks first, then single operations.</summary>
internal sealed class RecordingShrinker
{
    private readonly ProgramStep[] _steps;
    private readonly Func<ProgramStep[], bool> _breaks;

    private RecordingShrinker(ShrinkGoal? goal, ProgramStep[] steps, Func<ProgramStep[], bool> breaks)
    {
        Goal = goal;
        _steps = steps;
        _breaks = breaks;
    }

    /// <summary>What is wrong; null for what a check says.</summary>
    public ShrinkGoal? Goal { get; }

    /// <summary>Cuts down to what a check says is wrong.</summary>
    /// <returns>Null when it says that nothing is.</returns>
    public static RecordingShrinker? Find(ProgramStep[] steps, RecordingCheck check) =>
        check.Fails(steps) ? new RecordingShrinker(goal: null, steps, check.Fails) : null;

    /// <summary>Finds what to cut a recording down to: of the things wanted the first that it shows.</summary>
    /// <param name="steps">The recording's operations.</param>
    /// <param name="wanted">What to look for; null for anything.</param>
    /// <returns>Null when the recording shows nothing wrong.</returns>
    public static RecordingShrinker? Find(ProgramStep[] steps, ShrinkGoal? wanted)
    {
        (List<ProgramStep> program, RecordingModel model) = RecordedProgram.Repair(steps);
        if (wanted is null or ShrinkGoal.Mismatch && Differs(steps))
        {
            return new RecordingShrinker(ShrinkGoal.Mismatch, steps, Differs);
        }

        if (wanted is null or ShrinkGoal.Violation
            && program.Find(static s => s.Event.Kind == RecordedKind.Violation) is { Event.Kind: RecordedKind.Violation } violation)
        {
            ProgramStep[] before = [.. steps.TakeWhile(s => s.Index <= violation.Index)];
            return new RecordingShrinker(ShrinkGoal.Violation, before, left => RecordedProgram.Repair(left).Steps.Exists(s => s.Index == violation.Index));
        }

        if (wanted is null or ShrinkGoal.Leak && model.Live.Count > 0)
        {
            // The block that leaks first, with the count it has at the end: a release that is missing is missed among all others.
            ProgramStep last = program.Find(s => model.Live.ContainsKey(s.Event.Object));
            long count = model.Live[program.FindLast(s => s.Lineage == last.Lineage).Event.Object].Count;
            return new RecordingShrinker(ShrinkGoal.Leak, steps, left => CountOf(left, last.Lineage) == count);
        }

        return null;
    }

    /// <summary>Cuts.</summary>
    /// <param name="deadline">When to stop with what is found.</param>
    /// <returns>The program that is left.</returns>
    public IReadOnlyList<ProgramStep> Shrink(CancellationToken deadline)
    {
        int[] lineages = [.. _steps.Select(static s => s.Lineage).Distinct()];
        lineages = DeltaDebugging.Shrink(lineages, left => _breaks(Of(left)), deadline);
        ProgramStep[] smallest = DeltaDebugging.Shrink([.. RecordedProgram.Repair(Of(lineages)).Steps], _breaks, deadline);
        return RecordedProgram.Repair(smallest).Steps;
    }

    private static long CountOf(ProgramStep[] steps, int lineage)
    {
        (List<ProgramStep> program, RecordingModel model) = RecordedProgram.Repair(steps);
        int last = program.FindLastIndex(s => s.Lineage == lineage);
        return last >= 0 && model.Live.TryGetValue(program[last].Event.Object, out ModelBlock block) ? block.Count : 0;
    }

    private static bool Differs(ProgramStep[] steps) => RecordingRunner.Run(ReplayAllocator.Malloc, Math.Max(1, steps.Length / 8), replay =>
    {
        foreach (ProgramStep step in RecordedProgram.Repair(steps).Steps)
        {
            replay.Do(step.Event, step.Site);
        }
    }).Failed;

    private ProgramStep[] Of(int[] lineages)
    {
        var kept = lineages.ToHashSet();
        return [.. _steps.Where(s => kept.Contains(s.Lineage))];
    }
}
