using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class CyclicContenderTests
{
    [Fact]
    public void GoesOnWhereItStoppedAndRoundAndRound()
    {
        using var contender = new Recording(5);

        contender.Run(3);
        contender.Run(4);
        contender.Run(11);

        Assert.Equal([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2], contender.Walked);
    }

    private sealed class Recording(int length) : CyclicContender(length)
    {
        internal List<int> Walked { get; } = [];

        public override void Dispose()
        {
        }

        protected override void Run(int from, int count) => Walked.AddRange(Enumerable.Range(from, count));
    }
}
