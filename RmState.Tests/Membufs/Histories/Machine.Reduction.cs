namespace Rm.Tests.Membufs.Histories;

// Which steps need not be tried in every order.
internal sealed partial class Machine
{
    /// <summary>Grows when the lonely steps found before may not have been so: what was explored by them is to be explored again.</summary>
    internal int Learnt => _local.Learnt;

    /// <summary>Learns what threads touch from random orders of steps.</summary>
    internal void Wander(int walks)
    {
        var random = new Random(walks);
        var choices = new List<int>();
        for (int walk = 0; walk < walks; walk++)
        {
            string? complaint = null;
            int state = Start;
            for (ListChoices(state, choices); choices.Count != 0 && complaint is null; ListChoices(state, choices))
            {
                state = Step(state, choices[random.Next(choices.Count)], out complaint);
            }
        }
    }

    /// <summary>
    /// A step that commutes with all that other threads, and this thread's buffer, may do before it, and that the judge does not hear of:
    /// it is enough to go on with it alone.
    /// </summary>
    /// <returns>The choice, or -1 if there is none.</returns>
    internal int FindLonely(int state)
    {
        for (int thread = 0; thread < Threads; thread++)
        {
            ReadOnlySpan<ulong> words = ThreadOf(state, thread);
            if (!StoreBuffer.IsEmpty(words) && !_history.Judge.AwaitsFlush(_notes[NotesOf(state)], thread)
                && IsLeftAlone(state, thread, StoreBuffer.PlaceOf(words[1]), alsoReads: true, flushes: true))
            {
                return (thread * 2) + 1;
            }

            LocalState local = LocalOf(words);
            if (local.Before.Length != 0 || !CanStep(state, thread, words))
            {
                continue;
            }

            bool ownAlone = local.Access.Kind switch
            {
                AccessKind.Store or AccessKind.Nothing => true,
                AccessKind.Fence => StoreBuffer.IsEmpty(words),
                AccessKind.Join => false,
                _ => IsLeftAlone(state, thread, local.Place, local.Access.Writes, flushes: false),
            };
            if (ownAlone && _local.After(local, OutcomeOf(state, local, words)).Happenings.Length == 0)
            {
                return thread * 2;
            }
        }

        return -1;
    }

    // Whether no other thread will change a place, or look at it. Those that are watched are no private matter.
    private bool IsLeftAlone(int state, int thread, int place, bool alsoReads, bool flushes)
    {
        for (int other = 0; other < Threads; other++)
        {
            ReadOnlySpan<ulong> words = ThreadOf(state, other);
            if (other != thread && (_local.Reaches(LocalOf(words), place, alsoReads) || StoreBuffer.Has(words, place))
                && !IsHeldUp(state, other, thread, flushes))
            {
                return false;
            }
        }

        return !_history.Judge.Guards(_history.Places.AddressOf(place));
    }

    // Whether a thread can do nothing before another one's next step: it waits for that one's end, or for a store that comes after it.
    private bool IsHeldUp(int state, int thread, int by, bool flushes)
    {
        ReadOnlySpan<ulong> words = ThreadOf(state, thread);
        LocalState local = LocalOf(words);
        if (!StoreBuffer.IsEmpty(words) || local.Access.Kind is not (AccessKind.Await or AccessKind.Join))
        {
            return false;
        }

        if (local.Access.Kind == AccessKind.Join)
        {
            return true;
        }

        bool waits = !CanStep(state, thread, words) && (flushes || !StoreBuffer.Has(ThreadOf(state, by), local.Place));
        for (int other = 0; waits && other < Threads; other++)
        {
            ReadOnlySpan<ulong> others = ThreadOf(state, other);
            waits = other == by || (!_local.Reaches(LocalOf(others), local.Place, alsoReads: false) && !StoreBuffer.Has(others, local.Place));
        }

        return waits;
    }

    private ulong OutcomeOf(int state, LocalState local, ReadOnlySpan<ulong> words)
    {
        Span<ulong> copy = stackalloc ulong[StoreBuffer.Words];
        words.CopyTo(copy);
        int memory = MemoryOf(state);
        return Perform(local, copy, ref memory);
    }
}
