using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;
using Rm.Arenas;
using Rm.Events;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Events;

/// <summary>What is told without being asked for; alone in the process, since a listener hears every test.</summary>
[Collection(WholeProcess.Name)]
public sealed class LifecycleEventTests : LeakChecked
{
    private const EventKeywords All = EventKeywords.All;

    [Fact]
    public void TheSourceIsWellFormed()
    {
        Assert.Null(RmEventSource.Log.ConstructionException);
        Assert.Equal("RmState", RmEventSource.Log.Name);
        Assert.NotNull(EventSource.GenerateManifest(typeof(RmEventSource), assemblyPathToIncludeInManifest: null, EventManifestOptions.Strict));
    }

    [Fact]
    public void AStateTellsOfItsLife()
    {
        using EventRecorder events = new EventRecorder(EventLevel.Informational, RmEventSource.Keywords.Lifecycle).Start();
        RmState state = NewState(new RmStateOptions { Name = "life" });
        nint block = state.RmMalloc(100);
        state.RmRetain(block);
        state.Reset();
        state.RmAttach(Fakes.Address(1), Fakes.Leave);
        state.Dispose();

        Assert.Equal(
            [
                "StateCreated(life)", "StateLeaked(life, 1, 100)", $"BlockLeaked({block}, 2, 100)", "StateReset(life)",
                "StateLeaked(life, 1, 0)", $"BlockLeaked({Fakes.Address(1)}, 1, -1)", "StateDisposed(life, 1, 0)",
            ],
            events.TextsOf(state),
            StringComparer.Ordinal);
        Assert.Equal("State 'life' ended while 1 blocks of 100 bytes lived.", Message(events.Of(state.EventId)[1]));
        Assert.Equal(
            ["state", "name", "liveBlocks", "liveBytes"],
            events.Of(state.EventId)[1].PayloadNames!,
            StringComparer.Ordinal);
    }

    [Fact]
    public void AnUnnamedStateHasAnEmptyName()
    {
        using EventRecorder events = new EventRecorder(EventLevel.Informational, All).Start();
        RmState state = NewState();
        state.Dispose();
        Assert.Equal(["StateCreated()", "StateDisposed(, 0, 0)"], events.TextsOf(state), StringComparer.Ordinal);
    }

    [Fact]
    public void ADroppedStateTellsFromTheFinalizer()
    {
        using EventRecorder events = new EventRecorder(EventLevel.Warning, RmEventSource.Keywords.Lifecycle).Start();
        nint attached = Blocks.Malloc();
        ulong id = Drop(attached);
        for (int i = 0; i < 500 && events.Of(id).Count == 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal("StateDropped(dropped, 1, 0)", EventRecorder.Text(Assert.Single(events.Of(id))));
        Blocks.Free(attached);
    }

    [Fact]
    public void AViolationIsToldWithItsKindAndMessage()
    {
        using EventRecorder events = new EventRecorder(EventLevel.Error, RmEventSource.Keywords.Violations).Start();
        RmState state = NewState(new RmStateOptions { Name = "v" });
        UntrackedPointerException thrown = Assert.Throws<UntrackedPointerException>(() => state.RmRelease(Fakes.Address(3)));
        Assert.False(state.RmTryRelease(Fakes.Address(3), out _));

        EventWrittenEventArgs told = Assert.Single(events.Of(state.EventId));
        Assert.Equal(
            [state.EventId, "v", "UntrackedPointer", (ulong)Fakes.Address(3), thrown.Message],
            told.Payload!);
        Assert.Equal(EventLevel.Error, told.Level);
    }

    [Fact]
    public void KeywordsAndLevelsChoose()
    {
        using EventRecorder violations = new EventRecorder(EventLevel.Verbose, RmEventSource.Keywords.Violations).Start();
        using EventRecorder warnings = new EventRecorder(EventLevel.Warning, All).Start();
        RmState state = NewState(new RmStateOptions { InitialCapacity = 16 });
        state.RmMalloc(1);
        Assert.Throws<UntrackedPointerException>(() => state.RmRetain(Fakes.Address(3)));
        state.Dispose();

        Assert.Equal(["ViolationReported"], violations.Of(state.EventId).Select(e => e.EventName!), StringComparer.Ordinal);
        Assert.Equal(["ViolationReported", "StateLeaked", "BlockLeaked"], warnings.Of(state.EventId).Select(e => e.EventName!), StringComparer.Ordinal);
    }

    [Fact]
    public void TablesAndChunksAreToldAsMemory()
    {
        using EventRecorder events = new EventRecorder(EventLevel.Informational, RmEventSource.Keywords.Memory).Start();
        RmState state = NewState(new RmStateOptions { InitialCapacity = 64 });
        for (int i = 1; i < 10; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave);
        }

        long grown = state.Statistics.Capacity;
        state.Dispose();
        Assert.True(grown > 64);
        Assert.Equal("TableResized(64, 128)", events.TextsOf(state).First());
        Assert.EndsWith($", {grown})", events.TextsOf(state).Last(), StringComparison.Ordinal);

        Arena arena = NewArena(new ArenaOptions { Name = "told", ChunkSize = 1 << 20 });
        Assert.NotEqual(0, arena.CreateHeap().Allocate(64));
        nuint reserved = arena.Statistics.ReservedBytes;
        arena.Dispose();
        IReadOnlyList<EventWrittenEventArgs> chunks = events.Of("told");
        Assert.Equal(["ArenaGrown", "ArenaShrunk"], chunks.Select(e => e.EventName!), StringComparer.Ordinal);
        Assert.All(chunks, e => Assert.Equal((ulong)reserved, e.Payload![2]));
        Assert.Equal(chunks[0].Payload![1], chunks[1].Payload![1]);
    }

    private static string Message(EventWrittenEventArgs written) =>
        string.Format(System.Globalization.CultureInfo.InvariantCulture, written.Message!, [.. written.Payload!]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Drop(nint attached)
    {
        var state = new RmState(new RmStateOptions { Name = "dropped" });
        state.RmAttach(attached, Fakes.Leave);
        return state.EventId;
    }
}
