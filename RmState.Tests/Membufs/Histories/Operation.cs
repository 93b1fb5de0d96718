namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// One step of a script. Its body may depend on nothing but what it reads through <see cref="ScheduledMemory"/>: it runs many times.
/// </summary>
internal sealed class Operation(string name, Func<long> body)
{
    internal string Name { get; } = name;

    internal Func<long> Body { get; } = body;

    /// <summary>What the operation means to a judge that counts.</summary>
    internal CountEffect Effect { get; init; }

    /// <summary>The number of the block that the effect is of.</summary>
    internal int Block { get; init; }

    public override string ToString() => Name;
}
