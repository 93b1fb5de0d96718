using Rm.Violations;

namespace Rm;

/// <summary>Several observers as one; told in the order they came.</summary>
internal sealed class StateObservers(StateObserver[] members) : StateObserver
{
    private readonly StateObserver[] _members = members;

    /// <summary>What to tell when one comes beside those there are.</summary>
    internal static StateObserver With(StateObserver? present, StateObserver added) => present switch
    {
        null => added,
        StateObservers several => new StateObservers([.. several._members, added]),
        _ => new StateObservers([present, added]),
    };

    /// <summary>What to tell when one goes; null when it was the last.</summary>
    internal static StateObserver? Without(StateObserver? present, StateObserver removed) => present switch
    {
        StateObservers several => Reduce([.. several._members.Where(member => member != removed)]),
        _ => present == removed ? null : present,
    };

    internal override void Done(in StateEvent done)
    {
        foreach (StateObserver member in _members)
        {
            member.Done(done);
        }
    }

    internal override void Violated(MemoryViolationException violation)
    {
        foreach (StateObserver member in _members)
        {
            member.Violated(violation);
        }
    }

    internal override void Ending()
    {
        foreach (StateObserver member in _members)
        {
            member.Ending();
        }
    }

    internal override void Ended()
    {
        foreach (StateObserver member in _members)
        {
            member.Ended();
        }
    }

    private static StateObserver? Reduce(StateObserver[] left) => left switch
    {
        [] => null,
        [StateObserver single] => single,
        _ => new StateObservers(left),
    };
}
