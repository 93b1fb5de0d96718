using Rm.Violations;

namespace Rm;

/// <summary>
/// The one hook of a state, off by default. While there is one, every operation takes its general path and tells the observer
/// after it succeeded. An observer must not call back into the state.
/// </summary>
internal abstract class StateObserver
{
    /// <summary>An operation was done.</summary>
    /// <param name="operation">Which.</param>
    /// <param name="block">The block; its new address after a reallocation.</param>
    /// <param name="previous">The old address of a reallocation; else 0.</param>
    /// <param name="count">The block's count afterwards.</param>
    /// <param name="file">The caller's source file.</param>
    /// <param name="line">The caller's line.</param>
    internal abstract void Done(StateOperation operation, nint block, nint previous, long count, string file, int line);

    /// <summary>A violation is about to be thrown or reported.</summary>
    internal virtual void Violated(MemoryViolationException violation)
    {
    }
}
