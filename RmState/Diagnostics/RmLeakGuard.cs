namespace Rm.Diagnostics;

/// <summary>
/// Watches the states of a test, or of any other stretch of a program, and throws at its end if blocks were leaked in one. The base of
/// leak checks in test suites: make one in a test's set-up and dispose it in its tear-down.
/// </summary>
/// <remarks>States may be watched from any thread; the check must come when nobody uses them any more.</remarks>
public sealed class RmLeakGuard : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<RmState> _states = [];

    /// <summary>
    /// Whether a state that was disposed or reset while blocks lived counts as leaking, though its policy freed them. True by default.
    /// </summary>
    public bool IncludesEndedBlocks { get; init; } = true;

    /// <summary>Makes a state that records sites and is watched.</summary>
    /// <param name="name">Its name for messages; null for none.</param>
    /// <returns>The state; the guard disposes it.</returns>
    public RmState NewState(string? name = null) => Watch(new RmState(new RmStateOptions { Name = name, Level = RmDiagnosticsLevel.Sites }));

    /// <summary>Watches a state: nothing must live in it when the check comes.</summary>
    /// <param name="state">The state; the guard disposes it if nobody else did. Make it with a level of Sites to have leaks named.</param>
    /// <returns>The state.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    public RmState Watch(RmState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        lock (_lock)
        {
            _states.Add(state);
        }

        return state;
    }

    /// <summary>Checks all watched states now; they go on being watched.</summary>
    /// <exception cref="LeakException">Blocks live, or lived when a state was disposed or reset; every site is named.</exception>
    /// <exception cref="Rm.Violations.CorruptStateException">A state's books are wrong.</exception>
    /// <exception cref="AggregateException">Several states failed; one exception each.</exception>
    public void Check()
    {
        List<Exception> failures = [];
        foreach (RmState state in States())
        {
            CheckState(state, failures);
        }

        Throw(failures);
    }

    /// <summary>Checks all watched states, then disposes them. Calling it again does nothing.</summary>
    /// <inheritdoc cref="Check"/>
    public void Dispose()
    {
        List<Exception> failures = [];
        foreach (RmState state in States())
        {
            int before = failures.Count;
            CheckState(state, failures);
            try
            {
                state.Dispose();
            }
            catch (Exception failure) when (failures.Count > before)
            {
                // A state that refuses to end because blocks live says nothing new.
                _ = failure;
            }
            catch (Exception failure)
            {
                failures.Add(failure);
            }
        }

        lock (_lock)
        {
            _states.Clear();
        }

        Throw(failures);
    }

    private RmState[] States()
    {
        lock (_lock)
        {
            return [.. _states];
        }
    }

    private void CheckState(RmState state, List<Exception> failures)
    {
        try
        {
            if (!state.IsDisposed)
            {
                state.Verify();
                state.AssertBalanced();
            }

            if (IncludesEndedBlocks && state.LastReport is { } report)
            {
                throw new LeakException($"Blocks lived when their state was disposed or reset; release them before.\n{report}");
            }
        }
        catch (Exception failure)
        {
            failures.Add(failure);
        }
    }

    private static void Throw(List<Exception> failures)
    {
        if (failures.Count > 0)
        {
            throw failures.Count == 1 ? failures[0] : new AggregateException(failures);
        }
    }
}
