namespace Rm.Tests.Contracts;

public abstract partial class PoolContract
{
    private const int Limit = 8 << 20;

    public static TheoryData<int> FillSizes => [16, 100, 1000, 5000, 30_000, 33_000, 100_000, 1 << 20, (1 << 20) + 1, 3 << 20];

    [Theory]
    [MemberData(nameof(FillSizes))]
    public void FullArenaRefusesAndGoesOnOnceSomethingIsFreed(int size)
    {
        AllocatorSubject subject = NewSubject(Limit);
        if (subject.MustRefuse((nuint)size, 16))
        {
            Assert.Equal(0, subject.Allocator.Allocate((nuint)size));
            return;
        }

        List<HeldBlock> held = Fill(subject, (nuint)size);
        Assert.True((nuint)held.Count * held[0].Extent > Limit / 2, $"only {held.Count} blocks fit");
        Assert.Equal(0, subject.Allocator.AllocateZeroed((nuint)size));
        Assert.Equal(0, subject.Allocator.AllocateAligned((nuint)size, 64));
        Assert.Equal(0, subject.Allocator.Reallocate(held[0].Address, 0, Limit, 0));
        AssertUnchanged(subject, [.. held]);
        Assert.True(subject.Arena!.CommittedBytes <= Limit);

        for (int round = 0; round < 3; round++)
        {
            HeldBlock[] given = [.. held.Where((_, i) => i % 3 == round)];
            held = [.. held.Where((_, i) => i % 3 != round)];
            FreeAll(subject, given);
            foreach (HeldBlock _ in given)
            {
                held.Add(Allocate(subject, (nuint)size));
            }

            AssertUnchanged(subject, [.. held]);
        }

        FreeAll(subject, held);
        Assert.Null(subject.FindRetained());
    }

    [Fact]
    public void WhatWasFreedServesEveryOtherSize()
    {
        AllocatorSubject subject = NewSubject(Limit);
        foreach (int size in FillSizes)
        {
            if (!subject.MustRefuse((nuint)size, 16))
            {
                List<HeldBlock> held = Fill(subject, (nuint)size);
                Assert.True((nuint)held.Count * held[0].Extent > (Limit - subject.KeptBytes) / 2, $"of {size} bytes only {held.Count} blocks fit after others were freed");
                FreeAll(subject, held);
            }
        }

        Assert.Null(subject.FindRetained());
    }

    [Fact]
    public void WhatIsKeptAtHandServesALargeBlock()
    {
        // A few of every size, so that whatever an allocator keeps of each is at its most when all are free.
        AllocatorSubject subject = NewSubject(Limit);
        var held = new List<HeldBlock>();
        for (nuint size = 16; size <= nuint.Min(1 << 20, subject.LargestSize); size += (size / 10) + 16)
        {
            HeldBlock[] few = [.. Enumerable.Range(0, 2).Select(_ => subject.Allocator.Allocate(size)).Where(b => b != 0).Select(b => Hold(subject, b, size))];
            held.AddRange(few);
        }

        FreeAll(subject, held);

        nuint large = nuint.Min(Limit - (1 << 20) - subject.KeptBytes, subject.LargestSize);
        HeldBlock block = Allocate(subject, large);
        AssertUnchanged(subject, block);
        FreeAll(subject, [block]);
    }

    [Fact]
    public void RaisedLimitIsUsedAtOnce()
    {
        AllocatorSubject subject = NewSubject(Limit);
        nuint size = nuint.Min(20_000, subject.LargestSize);
        List<HeldBlock> held = Fill(subject, size);

        subject.Arena!.CommitLimit = 2 * Limit;
        held.Add(Allocate(subject, size));
        Assert.Throws<InvalidOperationException>(() => subject.Arena.CommitLimit = Limit / 2);

        AssertUnchanged(subject, [.. held]);
        FreeAll(subject, held);
    }

    private static List<HeldBlock> Fill(AllocatorSubject subject, nuint size)
    {
        var held = new List<HeldBlock>();
        for (nint block = subject.Allocator.Allocate(size); block != 0; block = subject.Allocator.Allocate(size))
        {
            held.Add(Hold(subject, block, size));
        }

        return held;
    }

    private static HeldBlock Hold(AllocatorSubject subject, nint address, nuint size)
    {
        var block = new HeldBlock(address, size, 0, subject.Allocator.UsableSize(address), (int)(address >> 4) & 0xFFFFF);
        BlockBytes.Fill(block);
        return block;
    }
}
