using System.Runtime.ExceptionServices;

namespace Rm;

/// <summary>Gathers what goes wrong in a piece of work that must be finished first; costs nothing when nothing does.</summary>
internal struct FailureList
{
    private Exception? _first;
    private List<Exception>? _all;

    internal void Add(Exception failure)
    {
        if (_first is null)
        {
            _first = failure;
            return;
        }

        _all ??= [_first];
        _all.Add(failure);
    }

    /// <summary>Throws a single failure as it was thrown, several as one <see cref="AggregateException"/>.</summary>
    internal readonly void ThrowIfAny()
    {
        if (_all is not null)
        {
            throw new AggregateException(_all);
        }

        if (_first is not null)
        {
            ExceptionDispatchInfo.Throw(_first);
        }
    }
}
