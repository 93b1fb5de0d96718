namespace Rm.Tool.Traces;

/// <summary>A file and a line that a recording names.</summary>
/// <param name="File">The file as the compiler saw it; empty for the unknown site.</param>
/// <param name="Line">The line; 0 for the unknown site.</param>
internal readonly record struct RecordedSite(string File, int Line)
{
    /// <summary>The file's name without its folders, and the line.</summary>
    public override string ToString() => File.Length == 0 ? "unknown site" : $"{File[(File.AsSpan().LastIndexOfAny('/', '\\') + 1)..]}:{Line}";
}
