namespace Rm.Tests.Membufs.Histories;

/// <summary>Complains of nothing, and tells an end by what some operations returned.</summary>
internal sealed class ResultsJudge(params Operation[] operations) : Judge
{
    internal override int Notes => operations.Length;

    internal override bool Minds(Happening happening) => happening.Kind == HappeningKind.Returned;

    internal override string? Hear(Span<ulong> notes, int thread, Happening happening, int buffered)
    {
        int index = Array.IndexOf(operations, happening.Operation);
        if (index >= 0)
        {
            notes[index] = (ulong)happening.Value;
        }

        return null;
    }
}
