using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Membufs;

/// <summary>Parts of membufs: each holds the whole, and its bounds are its own.</summary>
public sealed unsafe class MembufSliceTests : LeakChecked
{
    [Fact]
    public void PartHoldsTheBlockWhenTheWholeIsGivenBack()
    {
        MembufHeap heap = NewMembufHeap();
        int ended = 0;
        MembufRef handle = heap.AllocRef(100, 0, heap.Register((_, _) => ended++));
        new Span<byte>((void*)handle.Block, 100).Fill(9);

        MembufSlice part = handle.Slice(10, 20);
        Assert.Equal((2, 10u, 20u), (handle.RefCount, part.Offset, part.Size));
        Assert.Equal(handle.Block + 10, part.Address);
        Assert.Equal(handle, part.Whole);
        handle.Deref();
        Assert.Equal(0, ended);
        Assert.True(part.IsAlive);
        part.Access(this, static (span, _) => Assert.Equal(20, span.Count((byte)9)));
        Assert.Equal(0, MembufSlice.Deref(ref part));
        Assert.True(part.IsNone);
        Assert.Equal(1, ended);
        Assert.Equal(0, MembufSlice.Deref(ref part));
    }

    [Fact]
    public void PartsOfPartsStayWithinThem()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);
        MembufSlice part = handle.Slice(10, 20);
        MembufSlice inner = part.Slice(5, 15);

        Assert.Equal((15u, 15u), (inner.Offset, inner.Size));
        Assert.Equal(handle.Block + 15, inner.Address);
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Slice(5, 16));
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Slice(21, 0));
        Assert.Equal(3, handle.RefCount);
        Assert.Equal(4, inner.Ref());
        Assert.Equal(3, inner.Deref());
        Assert.Equal(2, inner.Deref());
        Assert.Equal(1, part.Deref());
        Assert.Equal(0, handle.Deref());
    }

    [Theory]
    [InlineData(0, 101)]
    [InlineData(101, 0)]
    [InlineData(50, 51)]
    [InlineData(1, -1)]
    [InlineData(-1, 1)]
    [InlineData(-1, 2)]
    public void PartsOutsideTheBlockAreRefusedAndNothingChanges(long offset, long size)
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);

        Assert.Throws<ArgumentOutOfRangeException>(() => handle.Slice((nuint)offset, (nuint)size));
        Assert.Equal(1, handle.RefCount);
        handle.Deref();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(100, 0)]
    [InlineData(0, 100)]
    public void EmptyAndWholePartsAreParts(int offset, int size)
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);
        MembufSlice part = handle.Slice((nuint)offset, (nuint)size);
        handle.Deref();

        part.Access(size, static (span, length) => Assert.Equal(length, span.Length));
        Assert.Equal(0, part.Deref());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(37)]
    [InlineData(100)]
    public void SplitMakesTwoOwnersOfDisjointParts(int at)
    {
        MembufHeap heap = NewMembufHeap();
        int ended = 0;
        MembufRef handle = heap.AllocRef(100, 0, heap.Register((_, size) => ended += (int)size));
        MembufRef before = handle;
        nint block = handle.Block;

        (MembufSlice head, MembufSlice tail) = MembufRef.Split(ref handle, (nuint)at);

        Assert.True(handle.IsNone);
        Assert.Equal((block, (nuint)at), (head.Address, head.Size));
        Assert.Equal((block + at, (nuint)(100 - at)), (tail.Address, tail.Size));
        Assert.Equal(2, before.RefCount);
        OnThread.Run(() => Assert.Equal(1, MembufSlice.Deref(ref head)));
        Assert.Equal(0, ended);
        Assert.Equal(0, MembufSlice.Deref(ref tail));
        Assert.Equal(100, ended);
    }

    [Fact]
    public void SplitOfAPartSplitsIt()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);
        (MembufSlice head, MembufSlice tail) = MembufRef.Split(ref handle, 60);
        (MembufSlice middle, MembufSlice last) = MembufSlice.Split(ref tail, 30);

        Assert.True(tail.IsNone);
        Assert.Equal((60u, 30u, 90u, 10u), (middle.Offset, middle.Size, last.Offset, last.Size));
        Assert.Equal(3, head.Whole.RefCount);
        MembufSlice moved = MembufSlice.Move(ref middle);
        Assert.True(middle.IsNone);
        Assert.Throws<ArgumentOutOfRangeException>(() => MembufSlice.Split(ref moved, 31));
        Assert.False(moved.IsNone);
        Assert.Equal(2, MembufSlice.Deref(ref moved));
        Assert.Equal(1, MembufSlice.Deref(ref last));
        Assert.Equal(0, MembufSlice.Deref(ref head));
    }

    [Fact]
    public void SplitThatFailsLeavesTheHandleValid()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => MembufRef.Split(ref handle, 101));
        Assert.Equal(1, handle.RefCount);

        // No reference is left for the second part.
        MembufRecords.SetSharedCount(heap, handle.Block, MembufRecords.Limit);
        Assert.Throws<OverflowException>(() => MembufRef.Split(ref handle, 50));
        Assert.Throws<OverflowException>(() => handle.Slice(0, 10));
        Assert.Equal(MembufRecords.Limit, handle.RefCount);
        MembufRecords.SetSharedCount(heap, handle.Block, 1);
        Assert.Equal(0, MembufRef.Deref(ref handle));
    }

    [Fact]
    public void PartBehindTheEndOfAShrunkBlockIsStale()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);
        (MembufSlice head, MembufSlice tail) = MembufRef.Split(ref handle, 60);
        MembufRef whole = tail.Whole;
        MembufSlice.Deref(ref head);

        whole.Shrink(99);
        Assert.Throws<StaleReferenceException>(() => tail.Address);
        Assert.Throws<StaleReferenceException>(() => tail.Slice(0, 1));
        Assert.Throws<StaleReferenceException>(() => MembufSlice.Split(ref tail, 1));
        Assert.Throws<StaleReferenceException>(() => tail.Access(0, static (_, _) => { }));
        Assert.Equal(0, MembufSlice.Deref(ref tail));
    }

    [Fact]
    public void StalePartsFailEveryUse()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);
        MembufSlice part = handle.Slice(10, 20);
        MembufSlice copy = part;
        MembufSlice.Deref(ref part);
        MembufRef.Deref(ref handle);

        Assert.False(copy.IsAlive);
        Action[] uses =
        [
            () => _ = copy.Address, () => copy.Ref(), () => copy.Deref(), () => MembufSlice.Deref(ref copy), () => copy.Slice(0, 1),
            () => MembufSlice.Split(ref copy, 1), () => copy.Access(0, static (_, _) => { }),
        ];
        Assert.All(uses, use => Assert.Throws<StaleReferenceException>(use));
        Assert.False(copy.IsNone);
        Assert.EndsWith("[10, 30)", copy.ToString(), StringComparison.Ordinal);
        Assert.Equal("none", default(MembufSlice).ToString());
    }
}
