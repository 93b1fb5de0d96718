namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// The states of a history and the steps between them. A state is its memory, the judge's notes, and of each thread where it stands and
/// what it stored that others do not see yet. A step is one access of one thread, or the oldest store of one thread reaching memory.
/// </summary>
internal sealed partial class Machine
{
    private const int StateWords = 1 + (History.MostThreads / 2);

    private readonly History _history;
    private readonly bool _drains;
    private readonly LocalStates _local;
    private readonly VectorTable _memories = new(Places.MostTouched);
    private readonly VectorTable _notes;
    private readonly VectorTable _threads = new(StoreBuffer.Words);
    private readonly VectorTable _states = new(StateWords);
    private readonly ulong[] _memory = new ulong[Places.MostTouched];
    private readonly ulong[] _note;

    internal Machine(History history, MemoryFlaws flaws)
    {
        _history = history;
        _drains = !flaws.HasFlag(MemoryFlaws.UndrainedBuffer);
        history.Places.Seal();
        _local = new LocalStates(history, flaws);
        _note = new ulong[history.Judge.Notes];
        _notes = new VectorTable(history.Judge.Notes);
        Start = FindStart();
    }

    internal int Start { get; }

    internal int StateCount => _states.Count;

    internal int LocalStateCount => _local.Count;

    internal int Threads => _history.Scripts.Length;

    /// <summary>Where each step is told in words, if anywhere.</summary>
    internal Narration? Narration { get; set; }

    /// <summary>Lists the steps that are possible: twice the thread, plus one if it is the thread's buffer that moves.</summary>
    internal void ListChoices(int state, List<int> choices)
    {
        choices.Clear();
        for (int thread = 0; thread < Threads; thread++)
        {
            ReadOnlySpan<ulong> words = ThreadOf(state, thread);
            if (CanStep(state, thread, words))
            {
                choices.Add(thread * 2);
            }

            if (!StoreBuffer.IsEmpty(words))
            {
                choices.Add((thread * 2) + 1);
            }
        }
    }

    internal bool IsOver(int state)
    {
        for (int thread = 0; thread < Threads; thread++)
        {
            if (!HasEnded(ThreadOf(state, thread)))
            {
                return false;
            }
        }

        return true;
    }

    internal string? Close(int state) => _history.Judge.Close(_notes[NotesOf(state)]);

    internal string Describe(int state) => _history.Judge.Describe(_notes[NotesOf(state)]);

    /// <summary>Makes a step.</summary>
    /// <returns>The state after it; with a complaint, none that counts.</returns>
    internal int Step(int state, int choice, out string? complaint)
    {
        int thread = choice / 2;
        Span<ulong> words = stackalloc ulong[StoreBuffer.Words];
        ThreadOf(state, thread).CopyTo(words);
        _notes[NotesOf(state)].CopyTo(_note);
        int memory = MemoryOf(state);
        complaint = choice % 2 != 0 ? Flush(thread, words, ref memory) : Act(thread, words, ref memory);
        return complaint is null ? NumberOf(state, memory, thread, words) : state;
    }

    private string? Flush(int thread, Span<ulong> words, ref int memory)
    {
        (ulong store, ulong value) = (words[1], words[2]);
        int place = StoreBuffer.PlaceOf(store);
        nint address = _history.Places.AddressOf(place) + StoreBuffer.OffsetOf(store);
        StoreBuffer.RemoveOldest(words);
        memory = Write(memory, place, StoreBuffer.Write(Read(memory, place), store, value));
        Narration?.Seen(thread, address, value);
        _history.Judge.Flush(_note, thread);
        return _history.Judge.Watch(_note, thread, address);
    }

    private string? Act(int thread, Span<ulong> words, ref int memory)
    {
        LocalState local = LocalOf(words);
        Access access = local.Access;
        Narration?.Acts(thread, _local.OperationOf(local), access);
        string? complaint = Hear(thread, local.Before, StoreBuffer.CountOf(words));
        if (complaint is null && access is { Size: > 0, Kind: not AccessKind.Store })
        {
            complaint = _history.Judge.Watch(_note, thread, access.Address);
        }

        ulong outcome = Perform(local, words, ref memory);
        LocalStep step = _local.After(local, outcome);
        words[0] = (ulong)step.Next.Number;
        Narration?.Learns(outcome);
        return complaint ?? Hear(thread, step.Happenings, StoreBuffer.CountOf(words));
    }

    private ulong Perform(LocalState local, Span<ulong> words, ref int memory)
    {
        Access access = local.Access;
        if (local.Place < 0)
        {
            return 0;
        }

        ulong word = StoreBuffer.View(words, local.Place, Read(memory, local.Place));
        switch (access.Kind)
        {
            case AccessKind.Store:
                StoreBuffer.Append(words, local.Place, local.Shift, access.Size, access.Operand);
                return 0;
            case AccessKind.Add:
                memory = Write(memory, local.Place, word + access.Operand);
                return word + access.Operand;
            case AccessKind.Exchange or AccessKind.Enter:
                memory = Write(memory, local.Place, access.Operand);
                return word;
            case AccessKind.TrySwap:
                memory = word == access.Expected ? Write(memory, local.Place, access.Operand) : memory;
                return word == access.Expected ? 1UL : 0;
            default:
                return word >> local.Shift & local.Mask;
        }
    }

    private string? Hear(int thread, Happening[] happenings, int buffered)
    {
        foreach (Happening happening in happenings)
        {
            Narration?.Happens(happening);
            string? complaint = happening.Kind == HappeningKind.Broke
                ? happening.ToString()
                : _history.Judge.Hear(_note, thread, happening, buffered);
            if (complaint is not null)
            {
                return complaint;
            }
        }

        return null;
    }

    private bool CanStep(int state, int thread, ReadOnlySpan<ulong> words)
    {
        LocalState local = LocalOf(words);
        return local.Access.Kind switch
        {
            AccessKind.Over => false,
            AccessKind.Store => StoreBuffer.CountOf(words) < StoreBuffer.MostStores,
            AccessKind.Await =>
                (StoreBuffer.View(words, local.Place, Read(MemoryOf(state), local.Place)) >> local.Shift & local.Mask) != 0,
            AccessKind.Enter => StoreBuffer.IsEmpty(words) && Read(MemoryOf(state), local.Place) == 0,
            AccessKind.Join => OthersHaveEnded(state, thread),
            _ when local.Access.NeedsEmptyBuffer => _drains ? StoreBuffer.IsEmpty(words) : !StoreBuffer.Has(words, local.Place),
            _ => true,
        };
    }

    private bool OthersHaveEnded(int state, int thread)
    {
        for (int other = 0; other < Threads; other++)
        {
            if (other != thread && !HasEnded(ThreadOf(state, other)))
            {
                return false;
            }
        }

        return true;
    }

    private bool HasEnded(ReadOnlySpan<ulong> words) => StoreBuffer.IsEmpty(words) && LocalOf(words).Access.Kind == AccessKind.Over;

    private LocalState LocalOf(ReadOnlySpan<ulong> words) => _local[(int)words[0]];

    private ReadOnlySpan<ulong> ThreadOf(int state, int thread) =>
        _threads[(int)(_states[state][1 + (thread / 2)] >> (thread % 2 * 32) & uint.MaxValue)];

    private int MemoryOf(int state) => (int)(_states[state][0] & uint.MaxValue);

    private int NotesOf(int state) => (int)(_states[state][0] >> 32);

    // Kept as the difference to the first contents, so that a word touched for the first time changes no vector.
    private ulong Read(int memory, int place) => _memories[memory][place] ^ _history.Places.FirstOf(place);

    private int Write(int memory, int place, ulong word)
    {
        _memories[memory].CopyTo(_memory);
        _memory[place] = word ^ _history.Places.FirstOf(place);
        return _memories.NumberOf(_memory);
    }

    private int NumberOf(int state, int memory, int thread, ReadOnlySpan<ulong> words)
    {
        Span<ulong> parts = stackalloc ulong[StateWords];
        _states[state].CopyTo(parts);
        parts[0] = (uint)memory | ((ulong)_notes.NumberOf(_note) << 32);
        int shift = thread % 2 * 32;
        ref ulong pair = ref parts[1 + (thread / 2)];
        pair = (pair & ~((ulong)uint.MaxValue << shift)) | ((ulong)_threads.NumberOf(words) << shift);
        return _states.NumberOf(parts);
    }

    private int FindStart()
    {
        Span<ulong> parts = stackalloc ulong[StateWords];
        parts.Clear();
        parts[0] = (uint)_memories.NumberOf(_memory) | ((ulong)_notes.NumberOf(_note) << 32);
        Span<ulong> words = stackalloc ulong[StoreBuffer.Words];
        words.Clear();
        for (int thread = 0; thread < Threads; thread++)
        {
            words[0] = (ulong)_local.First(thread).Number;
            parts[1 + (thread / 2)] |= (ulong)_threads.NumberOf(words) << (thread % 2 * 32);
        }

        return _states.NumberOf(parts);
    }
}
