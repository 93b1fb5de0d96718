using System.Collections.Immutable;

namespace Rm.Tests.Contracts;

/// <summary>Which blocks live and which were freed after a part of a program.</summary>
internal sealed record ProgramModel(ImmutableSortedSet<int> Live, ImmutableSortedSet<int> Freed, int Next)
{
    public static readonly ProgramModel Empty = new([], [], 0);

    /// <summary>Whether a step makes sense here; shrinking takes steps away that others need.</summary>
    public bool Admits(ProgramStep step) => step.Kind switch
    {
        StepKind.Trim => true,
        StepKind.FreeAgain => Freed.Contains(step.Block),
        _ when step.Allocates => !Live.Contains(step.Block) && !Freed.Contains(step.Block),
        _ => Live.Contains(step.Block),
    };

    public ProgramModel After(ProgramStep step) => step.Kind switch
    {
        StepKind.Free => this with { Live = Live.Remove(step.Block), Freed = Freed.Add(step.Block) },
        _ when step.Allocates => this with { Live = Live.Add(step.Block), Next = Math.Max(Next, step.Block + 1) },
        _ => this,
    };

    public override string ToString() => $"live: {string.Join(' ', Live.Select(id => $"#{id}"))}";
}
