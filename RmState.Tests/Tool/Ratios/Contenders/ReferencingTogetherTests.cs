using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Origins;
using Rm.Tool.Ratios.References;

namespace Rm.Tests.Tool.Ratios.Contenders;

public sealed class ReferencingTogetherTests
{
    [Fact]
    public void BothThreadsPutTheCountBack()
    {
        using var contender = new ReferencingTogether<MembufHandles<BothThreads>>();

        contender.Run(100_000);

        Assert.Equal(1, Assert.Single(contender.References.Handles).RefCount);
    }
}
