namespace Rm.Tests.LeakCheck;

/// <summary>Watches what a test takes and, when the test is over, says what it did not give back.</summary>
public sealed class LeakChecker
{
    private readonly List<RmState> _states = [];
    private readonly List<Func<string?>> _watches = [];

    /// <summary>The state must have no live block when the check comes; it is disposed then.</summary>
    public RmState Watch(RmState state)
    {
        _states.Add(state);
        return state;
    }

    /// <summary>Asked at the check for a complaint; null for none.</summary>
    public void Watch(Func<string?> complaint) => _watches.Add(complaint);

    /// <summary>Gives everything back and throws if the test had not.</summary>
    public void Check()
    {
        List<string> complaints = [];
        foreach (RmState state in _states.Where(s => !s.IsDisposed))
        {
            CheckState(state, complaints);
        }

        // After the states: disposing them gives their tables back.
        complaints.AddRange(_watches.Select(w => w()).OfType<string>());
        _states.Clear();
        _watches.Clear();
        if (complaints.Count > 0)
        {
            throw new LeakException(string.Join('\n', complaints));
        }
    }

    private static void CheckState(RmState state, List<string> complaints)
    {
        try
        {
            if (state.Statistics.LiveBlocks != 0)
            {
                complaints.Add(state.CreateReport().ToString());
            }

            state.Verify();
            state.Dispose();
        }
        catch (Exception e)
        {
            complaints.Add(e.ToString());
        }
    }
}
