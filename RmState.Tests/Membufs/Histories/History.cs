namespace Rm.Tests.Membufs.Histories;

/// <summary>What some threads do, the memory they share, and who judges it.</summary>
internal sealed class History(string name, Places places, Judge judge, params Operation[][] scripts)
{
    /// <summary>How many threads a state has room for.</summary>
    internal const int MostThreads = 4;

    internal string Name { get; } = name;

    internal Places Places { get; } = places;

    internal Judge Judge { get; } = judge;

    internal Operation[][] Scripts { get; } = scripts;

    public override string ToString() =>
        Name + ": " + string.Join(" | ", Scripts.Select((script, thread) => $"T{thread}: {string.Join(", ", script.AsEnumerable())}"));
}
