using Rm.Membufs;
using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Contenders;

namespace Rm.Tests.Tool.Ratios.Contenders;

public sealed class PipingTests
{
    [Fact]
    public void EveryBlockThatOneThreadAllocatesTheOtherReleases()
    {
        using var contender = new Piping<MembufBlocks>(size: 100);

        contender.Run(1_000);

        MembufHeap heap = contender.Source.Heap;
        Assert.Equal(1_000, heap.Statistics.Allocations);
        Assert.Equal(0, heap.GetReport().Blocks);

        // The calling thread only released.
        Assert.False(heap.Detach());
    }

    [Fact]
    public void AFailureEndsBothSides()
    {
        var contender = new Piping<Exhausted>(size: 100);

        Assert.ThrowsAny<Exception>(() => contender.Run(10));
        contender.Dispose();
    }

    private readonly struct Exhausted : IBlockSource<Exhausted>
    {
        public static Exhausted Create(ulong seed) => default;

        public nint Allocate(nuint size) => throw new InvalidOperationException("no block");

        public void Free(nint block)
        {
        }

        public void Dispose()
        {
        }
    }
}
