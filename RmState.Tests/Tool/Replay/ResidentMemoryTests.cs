using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Replay;

/// <summary>A sampled replay's resident bytes are the process's: nothing else may run meanwhile.</summary>
[Collection(WholeProcess.Name)]
public sealed class ResidentMemoryTests
{
    [Fact]
    public void ResidentMemoryFollowsTheTrace()
    {
        const int size = 32 << 20;
        ReplayScript script = Scripts.Written(w => w.Free(w.Malloc(size)));
        var sampler = new ReplaySampler(script, samples: 2);

        ReplayReport report = ReplaySession.Run<ArenaHeap>(script, sampler.Run, warmUp: false);

        IReadOnlyList<MemorySample> samples = sampler.Samples(report.StartRss);
        Assert.True(samples[1].ResidentBytes >= samples[0].ResidentBytes + size, $"{samples[0]} {samples[1]}");
        Assert.True(samples[1].CommittedBytes >= size, $"{samples[1]}");
    }
}
