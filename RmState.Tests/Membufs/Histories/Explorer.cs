namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// Goes through every order in which the steps of a history's threads can come, under total store order, and stops at the first complaint.
/// </summary>
/// <remarks>
/// No state can be met twice in one order: every step carries a thread or its buffer forward. So a state whose continuations were all
/// explored needs no second look, and how many there are is known by then.
/// </remarks>
internal sealed class Explorer(History history, Reduction reduction = Reduction.StatesAndOrders, MemoryFlaws flaws = MemoryFlaws.None)
{
    private const int MostStates = 6_000_000;

    /// <summary>How many random orders are looked at first, to learn what threads touch: enough that little is left to be learnt.</summary>
    private const int Walks = 200;

    private readonly Machine _machine = new(history, flaws);
    private readonly HashSet<string> _ends = [];
    private readonly List<double> _orders = [];
    private long _states;
    private long _steps;
    private int _learnt;
    private bool _failed;

    /// <summary>Whether steps were left out because of something that turned out wrong since.</summary>
    private bool IsOutdated => reduction == Reduction.StatesAndOrders && _learnt != _machine.Learnt;

    internal Exploration Run()
    {
        if (reduction == Reduction.StatesAndOrders)
        {
            _machine.Wander(Walks);
        }

        double orders;
        do
        {
            _learnt = _machine.Learnt;
            _orders.Clear();
            (_steps, _states) = (0, 0);
            orders = Explore(_machine.Start);
        }
        while (!_failed && IsOutdated);

        return new Exploration(_states, _steps, orders, _machine.LocalStateCount, _ends, _failed ? Tell() : null);
    }

    private double Explore(int state)
    {
        while (_orders.Count <= state)
        {
            _orders.Add(-1);
        }

        if (reduction != Reduction.None && _orders[state] >= 0)
        {
            return _orders[state];
        }

        _states++;
        var choices = new List<int>();
        ListChoices(state, choices);
        double orders = choices.Count == 0 ? End(state) : 0;
        foreach (int choice in choices)
        {
            int next = _machine.Step(state, choice, out string? complaint);
            _steps++;
            _failed |= complaint is not null;
            if (_failed || IsOutdated)
            {
                return orders;
            }

            orders += Explore(next);
        }

        Assert.True(_machine.StateCount < MostStates, $"too many states: {history}");
        return _orders[state] = orders;
    }

    private void ListChoices(int state, List<int> choices)
    {
        int lonely = reduction == Reduction.StatesAndOrders ? _machine.FindLonely(state) : -1;
        if (lonely >= 0)
        {
            choices.Clear();
            choices.Add(lonely);
        }
        else
        {
            _machine.ListChoices(state, choices);
        }
    }

    private double End(int state)
    {
        _failed |= ComplaintAtEnd(state) is not null;
        _ = _ends.Add(_machine.Describe(state));
        return 1;
    }

    private string? ComplaintAtEnd(int state) => _machine.IsOver(state) ? _machine.Close(state) : "nobody can go on";

    // The first complaint met was met after a long way; the search breadth first finds a shortest one.
    private string Tell()
    {
        var cameBy = new Dictionary<int, (int From, int Choice)> { [_machine.Start] = (-1, 0) };
        var queue = new Queue<int>([_machine.Start]);
        var choices = new List<int>();
        while (queue.TryDequeue(out int state))
        {
            ListChoices(state, choices);
            if (choices.Count == 0 && ComplaintAtEnd(state) is { } atEnd)
            {
                return Narrate(cameBy, state, -1, atEnd);
            }

            foreach (int choice in choices)
            {
                int next = _machine.Step(state, choice, out string? complaint);
                if (complaint is not null)
                {
                    return Narrate(cameBy, state, choice, complaint);
                }

                if (cameBy.TryAdd(next, (state, choice)))
                {
                    queue.Enqueue(next);
                }
            }
        }

        throw new InvalidOperationException("A complaint was heard once and never again: the judge or a script is not deterministic.");
    }

    private string Narrate(Dictionary<int, (int From, int Choice)> cameBy, int last, int lastChoice, string complaint)
    {
        var steps = new Stack<(int From, int Choice)>();
        if (lastChoice >= 0)
        {
            steps.Push((last, lastChoice));
        }

        for ((int From, int Choice) step = cameBy[last]; step.From >= 0; step = cameBy[step.From])
        {
            steps.Push(step);
        }

        var narration = new Narration(history.Places);
        _machine.Narration = narration;
        foreach ((int from, int choice) in steps)
        {
            _ = _machine.Step(from, choice, out _);
        }

        narration.Ends(complaint);
        return history + narration.ToString();
    }
}
