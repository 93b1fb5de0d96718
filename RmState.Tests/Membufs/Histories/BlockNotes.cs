namespace Rm.Tests.Membufs.Histories;

/// <summary>What a <see cref="CountingJudge"/> notes of one block.</summary>
internal readonly ref struct BlockNotes(Span<ulong> words)
{
    internal const int Words = 7;

    private readonly Span<ulong> _words = words;

    internal ref ulong Born => ref _words[0];

    /// <summary>References that somebody may rely on.</summary>
    internal ref ulong Held => ref _words[1];

    /// <summary>The fewest references that a thread may find.</summary>
    internal long Least
    {
        get => (long)_words[2];
        set => _words[2] = (ulong)value;
    }

    /// <summary>The most references that a thread may find.</summary>
    internal long Most
    {
        get => (long)_words[3];
        set => _words[3] = (ulong)value;
    }

    internal ref ulong Ends => ref _words[4];

    /// <summary>The thread that ended it.</summary>
    internal ref ulong Ender => ref _words[5];

    internal ref ulong Frees => ref _words[6];
}
