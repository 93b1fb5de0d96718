using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Diagnostics;

/// <summary>
/// A listener reads on its own thread while the state works and is reset: no counter goes down or ahead of the work, the state
/// never takes the reading for misuse, and at rest every number is exact.
/// </summary>
public sealed class MeterThreadTests : LeakChecked
{
    // How often each counts in one round of work.
    private static readonly (string Name, int Times)[] Counters =
    [
        ("rmstate.allocations", 1), ("rmstate.retains", 1), ("rmstate.releases", 2), ("rmstate.frees", 1), ("rmstate.attaches", 1),
        ("rmstate.detaches", 1), ("rmstate.reallocations", 1),
    ];

    private readonly MeterRecorder _recorder = new();

    public override void Dispose()
    {
        _recorder.Dispose();
        base.Dispose();
    }

    [Fact]
    public void CountersNeverGoDownWhileTheStateWorks()
    {
        const int batches = 400;
        const int rounds = 500;
        using var meter = new RmMeter(_recorder);
        RmState state = NewState(new RmStateOptions { InitialCapacity = 16 });
        meter.Add(state);
        long started = 0;
        bool done = false;
        Action join = OnThread.Start(() =>
        {
            try
            {
                for (int batch = 0; batch < batches; batch++)
                {
                    Volatile.Write(ref started, batch + 1);
                    Work(state, rounds);
                    if (batch % 7 == 0)
                    {
                        state.Reset();
                    }
                }
            }
            finally
            {
                Volatile.Write(ref done, value: true);
            }
        });

        var last = new Dictionary<string, long>(StringComparer.Ordinal);
        do
        {
            IReadOnlyDictionary<string, long> read = _recorder.Read();
            long most = Volatile.Read(ref started) * rounds;
            foreach ((string counter, int times) in Counters)
            {
                Assert.InRange(read[counter], last.GetValueOrDefault(counter), most * times);
                last[counter] = read[counter];
            }
        }
        while (!Volatile.Read(ref done));

        join();
        IReadOnlyDictionary<string, long> final = _recorder.Read();
        Assert.All(Counters, counter => Assert.Equal((long)batches * rounds * counter.Times, final[counter.Name]));
        Assert.Equal(0, final["rmstate.blocks.live"]);
        Assert.DoesNotContain(final, m => m.Key.StartsWith("rmstate.violations", StringComparison.Ordinal));
    }

    private static void Work(RmState state, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            nint block = state.RmMalloc(16);
            state.RmRetain(block);
            state.RmRelease(block);
            block = state.RmRealloc(block, 24);
            state.RmAttach(Fakes.Address(0), Fakes.Leave);
            state.RmDetach(Fakes.Address(0));
            state.RmRelease(block);
        }
    }
}
