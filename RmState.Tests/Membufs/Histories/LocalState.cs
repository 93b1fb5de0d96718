namespace Rm.Tests.Membufs.Histories;

/// <summary>Where a thread stands: before an access of an operation, having seen the outcomes of those before it.</summary>
internal sealed class LocalState(int number, int thread, int index, Access access, int place, ulong[] seen)
{
    private readonly Dictionary<ulong, LocalStep> _steps = [];

    internal int Number { get; } = number;

    internal int Thread { get; } = thread;

    /// <summary>Which operation of the script.</summary>
    internal int Index { get; } = index;

    internal Access Access { get; } = access;

    /// <summary>The number of the word that the access is to.</summary>
    internal int Place { get; } = place;

    internal int Shift { get; } = (int)(access.Address & 7) * 8;

    /// <summary>The bits of the access within its word, unshifted.</summary>
    internal ulong Mask { get; } = access.Size is 0 or sizeof(ulong) ? ulong.MaxValue : (1UL << (access.Size * 8)) - 1;

    internal ulong[] Seen { get; } = seen;

    /// <summary>What happens just before the access: an operation begins no earlier than its first access.</summary>
    internal Happening[] Before { get; init; } = [];

    internal LocalStep? KnownStep(ulong outcome) => _steps.GetValueOrDefault(outcome);

    internal LocalStep Learn(ulong outcome, LocalStep step) => _steps[outcome] = step;
}
