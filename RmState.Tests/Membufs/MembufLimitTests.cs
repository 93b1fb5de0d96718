using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Membufs;

/// <summary>Counts and generations at their ends, brought about by presetting them.</summary>
public sealed unsafe class MembufLimitTests : LeakChecked
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CountNeverGoesBeyondItsLimit(bool byAnotherThread)
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);
        nint block = handle.Block;
        MembufRecords.SetSharedCount(heap, block, MembufRecords.Limit - 1);
        Action check = () =>
        {
            Assert.Equal(MembufRecords.Limit, heap.Ref(block));
            Assert.Throws<OverflowException>(() => heap.Ref(block));
            Assert.Throws<OverflowException>(() => handle.Ref());
            Assert.False(heap.TryRef(block, out _));
            Assert.Equal(MembufRecords.Limit, heap.RefCount(block));
            Assert.Equal(MembufRecords.Limit - 1, heap.Deref(block));
        };
        if (byAnotherThread)
        {
            OnThread.Run(check);
        }
        else
        {
            check();
        }

        MembufRecords.SetSharedCount(heap, block, 1);
        Assert.Equal(0, handle.Deref());
    }

    [Fact]
    public void OwnersCountGoesOnInTheShare()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(100);
        MembufRecords.SetLocalCount(heap, block, int.MaxValue - 1);

        Assert.Equal(int.MaxValue, heap.Ref(block));
        Assert.Equal(int.MaxValue + 1L, heap.Ref(block));
        Assert.Equal(int.MaxValue + 2L, heap.Ref(block));
        Assert.Equal(int.MaxValue + 1L, heap.Deref(block));
        Assert.Equal(int.MaxValue + 1L, heap.RefCount(block));
        OnThread.Run(() => Assert.Equal(int.MaxValue + 2L, heap.Ref(block)));
        MembufRecords.SetSharedCount(heap, block, 1);
        Assert.Equal(0, heap.Deref(block));
        heap.Verify();
    }

    // Others gave back what the owner had counted: the share is far below zero, the sum is right.
    [Fact]
    public void ShareMayBeBelowZero()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(100);
        for (int i = 1; i < 1000; i++)
        {
            heap.Ref(block);
        }

        OnThread.Run(() =>
        {
            for (int i = 999; i > 0; i--)
            {
                Assert.Equal(i, heap.Deref(block));
            }
        });
        Assert.Equal(1, heap.RefCount(block));
        Assert.Equal(0, heap.Deref(block));
        heap.Settle();
        heap.Verify();
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Theory]
    [InlineData(48, false)]
    [InlineData(48, true)]
    [InlineData(100_000, false)]
    [InlineData(100_000, true)]
    [InlineData(3 << 20, true)]
    public void PlaceWhoseGenerationsAreUsedUpIsNeverUsedAgain(int size, bool byAnotherThread)
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc((nuint)size);
        MembufRecords.SetGeneration(heap, block, uint.MaxValue);
        MembufRef last = heap.HandleOf(block);
        Action release = () => Assert.Equal(0, last.Deref());
        if (byAnotherThread)
        {
            OnThread.Run(release);
            heap.Settle();
        }
        else
        {
            release();
        }

        Assert.False(last.IsAlive);
        Assert.False(heap.IsLive(block));
        Assert.ThrowsAny<MemoryViolationException>(() => heap.Deref(block));
        Assert.Throws<StaleReferenceException>(() => last.Ref());
        nint[] later = [.. Enumerable.Range(0, 100).Select(_ => heap.Alloc((nuint)size))];
        Assert.DoesNotContain(block, later);
        Assert.Equal(100, heap.Statistics.LiveBlocks);
        heap.Verify();
        Assert.All(later, b => Assert.Equal(0, heap.Deref(b)));
        heap.Trim();
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        heap.Verify();
    }

    [Fact]
    public void GenerationBeforeTheLastIsFollowedByIt()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(48);
        MembufRecords.SetGeneration(heap, block, uint.MaxValue - 1);
        MembufRef early = heap.HandleOf(block);
        heap.Deref(block);

        Assert.Equal(block, heap.Alloc(48));
        MembufRef late = heap.HandleOf(block);
        Assert.NotEqual(early, late);
        Assert.EndsWith($"#{uint.MaxValue}", late.ToString(), StringComparison.Ordinal);
        Assert.Throws<StaleReferenceException>(() => early.Ref());
        Assert.Equal(0, late.Deref());
    }

    [Fact]
    public void BrokenCountsAndRecordsAreFound()
    {
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { CountsReferences = true });
        nint block = heap.Alloc(100);
        MembufRecord* record = MembufRecords.Of(heap, block);
        heap.Verify();

        record->Local = 2;
        Assert.Throws<CorruptArenaException>(heap.Verify);
        record->Local = 0;
        Assert.Throws<CorruptArenaException>(heap.Verify);
        record->Local = 1;
        record->Address += 112;
        Assert.Throws<CorruptArenaException>(heap.Verify);
        record->Address = block;
        record->Home++;
        Assert.Throws<CorruptArenaException>(heap.Verify);
        record->Home--;
        heap.Verify();
        heap.Deref(block);
        RecordChunk.ShareOf(record)->Word++;
        Assert.Throws<CorruptArenaException>(heap.Verify);
        RecordChunk.ShareOf(record)->Word--;
        heap.Verify();
    }
}
