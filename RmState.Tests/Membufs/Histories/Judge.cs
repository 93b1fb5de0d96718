namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// Says whether what happens is right. What it remembers is part of the explored state, so it keeps it in notes that it is given, and its
/// answers depend on nothing else.
/// </summary>
internal abstract class Judge
{
    /// <summary>How many words of notes it wants; they are 0 at first.</summary>
    internal abstract int Notes { get; }

    /// <summary>Whether it wants to hear of something: orders that differ in nothing it minds need not be told apart.</summary>
    internal virtual bool Minds(Happening happening) => true;

    /// <summary>Hears of something; a complaint if that must not happen.</summary>
    internal abstract string? Hear(Span<ulong> notes, int thread, Happening happening);

    /// <summary>Sees an access, or a store that leaves its buffer; a complaint if that place must not be touched.</summary>
    internal virtual string? Watch(ReadOnlySpan<ulong> notes, int thread, nint address) => null;

    /// <summary>Looks at the end of a history; a complaint if it must not end so.</summary>
    internal virtual string? Close(ReadOnlySpan<ulong> notes) => null;

    /// <summary>How a history ended, to be counted among its possible ends.</summary>
    internal virtual string Describe(ReadOnlySpan<ulong> notes) => string.Join(' ', notes.ToArray());
}
