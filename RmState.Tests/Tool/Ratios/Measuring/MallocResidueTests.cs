using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class MallocResidueTests
{
    private const int Page = 4096;
    private const int Blocks = 200_000;
    private const int BlockSize = 64;

    [Fact]
    public void EveryKeptBlockHoldsAPage()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        const int every = 1024;
        long sparse = MallocResidue.MeasureInChild(Blocks, BlockSize, every);
        Assert.InRange(sparse, Blocks / every * Page, Blocks * BlockSize / 4);
    }

    [Fact]
    public void WhatIsNotFreedStays()
    {
        if (OperatingSystem.IsLinux())
        {
            Assert.InRange(MallocResidue.MeasureInChild(Blocks, BlockSize, every: 1), Blocks * BlockSize, 2 * Blocks * BlockSize);
        }
    }
}
