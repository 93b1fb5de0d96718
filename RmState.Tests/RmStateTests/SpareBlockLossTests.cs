using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>What the C library says is in use tells of spare blocks that a state lost; other tests must not allocate meanwhile.</summary>
[Collection(WholeProcess.Name)]
public sealed class SpareBlockLossTests : LeakChecked
{
    [Fact]
    public void NoneIsLostByReleaseTrimResetOrDispose()
    {
        // Every way together hands out about a gibibyte.
        nuint before = LibC.BytesInUse();
        for (int round = 0; round < 40; round++)
        {
            using var state = new RmState();
            for (int part = 0; part < 3; part++)
            {
                nint[] blocks = [.. Enumerable.Range(0, 20_000).Select(i => state.RmMalloc((nuint)(i % 900)))];
                Assert.All(blocks[..10_000], b => state.RmRelease(b));
                _ = part == 0 ? state.Trim() : part == 1 ? state.Reset() is not null : state.IsDisposed;
            }
        }

        long growth = (long)LibC.BytesInUse() - (long)before;
        Assert.True(growth < 100 << 20, $"{growth >> 20} MiB more are in use than before");
    }
}
