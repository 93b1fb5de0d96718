namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// What a <see cref="CountingJudge"/> notes of one thread: the call that runs, and the operations that returned and of which some stores are
/// still in the thread's buffer.
/// </summary>
internal readonly ref struct ThreadNotes(Span<ulong> words)
{
    internal const int Words = FirstUnseen + MostUnseen;

    private const int FirstUnseen = 3;
    private const int MostUnseen = StoreBuffer.MostStores;

    private readonly Span<ulong> _words = words;

    /// <summary>The number of the block that the call is of, plus 1.</summary>
    internal ref ulong Call => ref _words[0];

    /// <summary>The fewest references that the call may find.</summary>
    internal long Least
    {
        get => (long)_words[1];
        set => _words[1] = (ulong)value;
    }

    /// <summary>The most references that the call may find.</summary>
    internal long Most
    {
        get => (long)_words[2];
        set => _words[2] = (ulong)value;
    }

    internal bool HasUnseen => _words[FirstUnseen] != 0;

    /// <summary>Notes an operation that others may not see until so many stores left the buffer.</summary>
    internal void AddUnseen(int block, bool drops, int stores) =>
        _words[FirstUnseen + _words[FirstUnseen..].IndexOf(0UL)] = ((ulong)stores << 32) | KindOf(block, drops);

    /// <summary>How many operations of one kind on a block others may not see yet.</summary>
    internal int CountUnseen(int block, bool drops)
    {
        int count = 0;
        foreach (ulong unseen in _words[FirstUnseen..])
        {
            count += (uint)unseen == KindOf(block, drops) ? 1 : 0;
        }

        return count;
    }

    /// <summary>A store left the buffer.</summary>
    internal void Flush()
    {
        for (int i = FirstUnseen; i < Words && _words[i] != 0; i++)
        {
            _words[i] -= 1UL << 32;
        }
    }

    /// <summary>Takes the oldest operation off if others see it now.</summary>
    internal bool TryTakeSeen(out int block, out bool drops)
    {
        ulong oldest = _words[FirstUnseen];
        (block, drops) = ((int)((uint)oldest >> 2), (oldest & 2) != 0);
        if (oldest == 0 || oldest >> 32 != 0)
        {
            return false;
        }

        _words[(FirstUnseen + 1)..].CopyTo(_words[FirstUnseen..]);
        _words[^1] = 0;
        return true;
    }

    private static uint KindOf(int block, bool drops) => ((uint)block << 2) | (drops ? 2U : 0) | 1;
}
