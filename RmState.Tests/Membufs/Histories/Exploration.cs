namespace Rm.Tests.Membufs.Histories;

/// <summary>What an exploration met. <paramref name="Orders"/> is how many sequences of steps lead from the start to an end.</summary>
internal sealed record Exploration(
    long States, long Steps, double Orders, int LocalStates, IReadOnlySet<string> Ends, string? Failure)
{
    public override string ToString() =>
        $"{Orders:0.###e0} orders, {States} states, {Steps} steps, {LocalStates} local states, {Ends.Count} ends";
}
