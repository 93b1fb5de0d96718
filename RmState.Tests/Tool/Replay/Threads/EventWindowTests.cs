using Rm.Tool.Replay.Threads;

namespace Rm.Tests.Tool.Replay.Threads;

/// <summary>The window moves with the slowest thread.</summary>
public sealed class EventWindowTests
{
    private readonly IReadOnlyList<ThreadScript> _threads = ThreadedScript.Of(Scripts.Written(static w =>
    {
        int first = w.Malloc(10, thread: 0);
        w.Malloc(20, thread: 0);
        w.Free(first, thread: 1);
        w.Malloc(40, thread: 0);
        w.Malloc(80, thread: 1);
    })).Threads;

    [Fact]
    public void ItBeginsBeforeTheFirstEvents()
    {
        var window = new EventWindow(_threads, 100);

        Assert.Equal((100, 0), (window.Limit(), window.LiveBytes()));
    }

    [Fact]
    public void TheSlowestThreadsNextEventCounts()
    {
        var window = new EventWindow(_threads, 100);

        window.Publish(0, _threads[0], 2);
        Assert.Equal((102, 30), (window.Limit(), window.LiveBytes()));

        window.Publish(1, _threads[1], 1);
        Assert.Equal((103, 20), (window.Limit(), window.LiveBytes()));
    }

    [Fact]
    public void AThreadThatEndedHoldsNobodyUp()
    {
        var window = new EventWindow(_threads, 100);

        window.Publish(0, _threads[0], 3);
        Assert.Equal(102, window.Limit());

        window.Publish(1, _threads[1], 2);
        Assert.Equal((int.MaxValue + 100L, 140), (window.Limit(), window.LiveBytes()));
    }

    [Fact]
    public void AnEventCanBePublishedByItsNumber()
    {
        var window = new EventWindow(_threads, 0);
        window.Publish(0, _threads[0], 3);

        window.Publish(1, 3);

        Assert.Equal(3, window.Limit());
    }

    [Fact]
    public void NegativeWindowIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new EventWindow(_threads, -1));
}
