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

    /// <summary>Hears of something, and how many stores of the thread others do not see then; a complaint if that must not happen.</summary>
    internal abstract string? Hear(Span<ulong> notes, int thread, Happening happening, int buffered);

    /// <summary>Whether it waits for a store of a thread to reach memory.</summary>
    internal virtual bool AwaitsFlush(Span<ulong> notes, int thread) => false;

    /// <summary>Hears that a store of a thread reached memory.</summary>
    internal virtual void Flush(Span<ulong> notes, int thread)
    {
    }

    /// <summary>Whether it wants to see the accesses to a place: then their orders matter though no other thread touches it.</summary>
    internal virtual bool Guards(nint address) => false;

    /// <summary>Sees an access, or a store that leaves its buffer; a complaint if that place must not be touched.</summary>
    internal virtual string? Watch(Span<ulong> notes, int thread, nint address) => null;

    /// <summary>Looks at the end of a history; a complaint if it must not end so.</summary>
    internal virtual string? Close(Span<ulong> notes) => null;

    /// <summary>How a history ended, to be counted among its possible ends.</summary>
    internal virtual string Describe(Span<ulong> notes) => string.Join(' ', notes.ToArray());
}
