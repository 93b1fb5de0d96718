namespace Rm;

/// <summary>A place in the source: where something allocated, attached, retained or released.</summary>
/// <param name="File">The source file as the compiler named it; empty when unknown.</param>
/// <param name="Line">The line, from 1; 0 when unknown.</param>
public readonly record struct RmSite(string File, int Line)
{
    /// <summary>Whether the place was recorded.</summary>
    public bool IsKnown => !string.IsNullOrEmpty(File);

    /// <summary>The file's name without its folder, and the line.</summary>
    /// <returns>For example <c>Decoder.cs:88</c>; <c>unknown site</c> when it is not known.</returns>
    public override string ToString() => IsKnown ? FormattableString.Invariant($"{NameOf(File)}:{Line}") : "unknown site";

    // Paths of either system: a recording may come from another one.
    private static string NameOf(string file) => file[(file.LastIndexOfAny(['/', '\\']) + 1)..];
}
