using System.Diagnostics.Tracing;
using Rm.Events;
using Rm.Tool.Ratios.References;

namespace Rm.Tests.Tool.Ratios.References;

public sealed class HooklessReferencesTests
{
    [Theory]
    [InlineData(nameof(RmState.RmRetain))]
    [InlineData(nameof(RmState.RmRelease))]
    public void ThePeerIsAnotherBuildWhoseCallsTellNoPlace(string name)
    {
        Assert.NotEqual(typeof(RmState).Assembly, HooklessReferences.StateType.Assembly);
        Assert.NotNull(HooklessReferences.StateType.GetMethod(name, [typeof(nint)]));
        Assert.Null(typeof(RmState).GetMethod(name, [typeof(nint)]));
    }

    [Fact]
    public void TheHookIsOffWhateverTheLevel()
    {
        Type modes = HooklessReferences.StateType.Assembly.GetType("Rm.Counting.StateModes", throwOnError: true)!;

        Assert.Equal(0u, (uint)Enum.Parse(modes, "Noted"));
    }

    [Fact]
    public void ItsEventsAreNotTakenForTheLibrarys()
    {
        Type events = HooklessReferences.StateType.Assembly.GetType(typeof(RmEventSource).FullName!, throwOnError: true)!;

        Assert.NotEqual(EventSource.GetName(typeof(RmEventSource)), EventSource.GetName(events), StringComparer.Ordinal);
    }

    [Fact]
    public void ItCountsAllTheSame()
    {
        using var references = HooklessReferences.To(seed: 1, [0x1000]);

        references.RetainAndRelease(0x1000);

        Exception refusal = Assert.ThrowsAny<InvalidOperationException>(() => references.RetainAndRelease(0x2000));
        Assert.Equal("UntrackedPointerException", refusal.GetType().Name);
    }
}
