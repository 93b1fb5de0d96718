namespace Rm.Tests.Membufs.Histories;

/// <summary>Wants each of some entries to be told of exactly once.</summary>
internal sealed class TakenOnceJudge(int entries) : Judge
{
    internal override int Notes => entries;

    internal override bool Minds(Happening happening) => happening.Kind == HappeningKind.Told;

    internal override string? Hear(Span<ulong> notes, int thread, Happening happening, int buffered) =>
        ++notes[(int)happening.Value] > 1 ? $"entry {happening.Value} is taken again" : null;

    internal override string? Close(Span<ulong> notes) => notes.Contains(0UL) ? $"entry {notes.IndexOf(0UL)} was never taken" : null;
}
