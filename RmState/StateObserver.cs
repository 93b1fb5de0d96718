using Rm.Violations;

namespace Rm;

/// <summary>
/// The one hook of a state, off by default. While there is one, every operation tells it after it succeeded, on the thread that
/// uses the state. An observer must not call back into the state, and must not throw.
/// </summary>
internal abstract class StateObserver
{
    /// <summary>An operation was done.</summary>
    /// <param name="done">What; good for the time of the call only.</param>
    internal abstract void Done(in StateEvent done);

    /// <summary>A violation is about to be thrown or reported.</summary>
    internal virtual void Violated(MemoryViolationException violation)
    {
    }

    /// <summary>The state is about to be disposed or reset; the blocks that still live are ended after this.</summary>
    internal virtual void Ending()
    {
    }

    /// <summary>The state was disposed: nothing more comes.</summary>
    internal virtual void Ended()
    {
    }
}
