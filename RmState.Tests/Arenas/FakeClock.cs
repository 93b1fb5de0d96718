namespace Rm.Tests.Arenas;

/// <summary>Time that passes when it is told to.</summary>
internal sealed class FakeClock : TimeProvider
{
    private long _now = 1_000_000;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public void Advance(TimeSpan time) => _now += time.Ticks;
}
