namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// All that threads can do, learnt by running each operation once for every sequence of outcomes it meets. There are few of them, however
/// many the orders are in which threads can meet them: the orders are explored without running the code again.
/// </summary>
internal sealed class LocalStates(History history, MemoryFlaws flaws)
{
    private readonly Replay _replay = new(history.Places, history.Judge, flaws);
    private readonly List<LocalState> _all = [];
    private readonly Dictionary<(int Thread, int Index), LocalState> _firsts = [];
    private readonly ulong[][] _reads = [.. history.Scripts.Select(script => new ulong[script.Length + 1])];
    private readonly ulong[][] _writes = [.. history.Scripts.Select(script => new ulong[script.Length + 1])];

    /// <summary>How many there are so far.</summary>
    internal int Count => _all.Count;

    /// <summary>Grows whenever it turns out that a thread reads or writes a place from an operation on where it was not known to.</summary>
    internal int Learnt { get; private set; }

    internal LocalState this[int number] => _all[number];

    internal LocalState First(int thread) => Enter(thread, 0);

    /// <summary>What follows when the access of a state has an outcome.</summary>
    internal LocalStep After(LocalState state, ulong outcome) =>
        state.KnownStep(outcome) ?? state.Learn(outcome, Explore(state, outcome));

    /// <summary>Whether a thread, where it stands or later, is known to write a place, or also to read it.</summary>
    internal bool Reaches(LocalState state, int place, bool alsoReads)
    {
        ulong places = _writes[state.Thread][state.Index] | (alsoReads ? _reads[state.Thread][state.Index] : 0);
        return (places >> place & 1) != 0;
    }

    internal Operation OperationOf(LocalState state) => history.Scripts[state.Thread][state.Index];

    private LocalStep Explore(LocalState state, ulong outcome)
    {
        if (state.Access.Kind == AccessKind.Nothing)
        {
            return new LocalStep([], Enter(state.Thread, state.Index + 1));
        }

        ulong[] seen = [.. state.Seen, outcome];
        Happening[] happenings = _replay.Run(OperationOf(state), seen);
        return new LocalStep(
            happenings, _replay.Reached is { } access ? Add(state.Thread, state.Index, access, seen, []) : Enter(state.Thread, state.Index + 1));
    }

    // Operations share nothing but memory, so where one ended it no longer matters how.
    private LocalState Enter(int thread, int index)
    {
        if (_firsts.TryGetValue((thread, index), out LocalState? first))
        {
            return first;
        }

        if (index == history.Scripts[thread].Length)
        {
            first = Add(thread, index, new Access(AccessKind.Over, 0, 0, 0, 0), [], []);
        }
        else
        {
            Operation operation = history.Scripts[thread][index];
            Happening[] before = _replay.Run(operation, []);
            first = Add(thread, index, _replay.Reached ?? new Access(AccessKind.Nothing, 0, 0, 0, 0), [], before);
        }

        _firsts.Add((thread, index), first);
        return first;
    }

    private LocalState Add(int thread, int index, Access access, ulong[] seen, Happening[] before)
    {
        int place = access.Size == 0 ? -1 : history.Places.NumberOf(access.Address);
        var state = new LocalState(_all.Count, thread, index, access, place, seen) { Before = before };
        _all.Add(state);
        if (place >= 0)
        {
            Learn(access.Writes ? _writes[thread] : _reads[thread], index, 1UL << place);
        }

        return state;
    }

    private void Learn(ulong[] places, int index, ulong place)
    {
        for (int i = 0; i <= index; i++)
        {
            Learnt += (places[i] & place) == 0 ? 1 : 0;
            places[i] |= place;
        }
    }
}
