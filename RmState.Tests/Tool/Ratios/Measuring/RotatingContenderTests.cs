using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class RotatingContenderTests
{
    [Fact]
    public void AsManyLiveAtTheEndOfARunAndEveryBatchGetsAnotherAddress()
    {
        using var contender = new Lifo(others: 3);

        contender.Run(1_000);

        Assert.Equal(1_000, contender.Operations);
        Assert.Equal(3, contender.Live);
        Assert.Equal(4, contender.BatchAddresses.Count);
        Assert.Equal(4, contender.BatchAddresses.Distinct().Count());
    }

    /// <summary>Gives back what was freed last, as malloc does.</summary>
    private sealed class Lifo : RotatingContender
    {
        private readonly Stack<nint> _free = new(Enumerable.Range(1, 100).Select(static block => (nint)block));

        internal Lifo(int others)
            : base(others) => FillOthers();

        internal int Live => 100 - _free.Count;

        internal int Operations { get; private set; }

        internal List<nint> BatchAddresses { get; } = [];

        public override void Dispose() => FreeOthers();

        protected override nint Allocate() => _free.Pop();

        protected override void Free(nint block) => _free.Push(block);

        protected override void Batch(int operations)
        {
            BatchAddresses.Add(_free.Peek());
            Operations += operations;
        }
    }
}
