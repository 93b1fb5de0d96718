using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Membufs;

/// <summary>Handles: what they show, how they move, and that no stale one reaches a later block.</summary>
public sealed unsafe class MembufRefTests : LeakChecked
{
    [Fact]
    public void ShowsItsBlock()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100, 64);

        Assert.Same(heap, handle.Heap);
        Assert.False(handle.IsNone);
        Assert.True(handle.IsAlive);
        Assert.True(handle.IsUnique);
        Assert.Equal(0, handle.Block % 64);
        Assert.Equal((100u, 1), (handle.Size, handle.RefCount));
        Assert.Equal(2, handle.Ref());
        Assert.False(handle.IsUnique);
        Assert.Equal(handle, heap.HandleOf(handle.Block));
        Assert.Equal(handle.GetHashCode(), heap.HandleOf(handle.Block).GetHashCode());
        Assert.StartsWith("0x", handle.ToString());
        Assert.Equal(1, handle.Deref());
        Assert.Equal(0, heap.Deref(handle.Block));
        Assert.False(handle.IsAlive);
    }

    [Fact]
    public void DefaultNamesNoBlock()
    {
        MembufRef none = default;

        Assert.True(none.IsNone);
        Assert.False(none.IsAlive);
        Assert.Null(none.Heap);
        Assert.Equal("none", none.ToString());
        AssertStale(none);
        Assert.Equal(0, MembufRef.Deref(ref none));
        Assert.True(MembufRef.Move(ref none).IsNone);
    }

    [Fact]
    public void EveryUseOfAStaleHandleFailsEvenWhenThePlaceIsUsedAgain()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef stale = heap.AllocRef(100);
        nint block = stale.Block;
        MembufRef copy = stale;
        stale.Deref();
        AssertStale(stale);

        MembufRef next = heap.AllocRef(100);
        Assert.Equal(block, next.Block);
        Assert.NotEqual(stale, next);
        Assert.True(stale != next && stale == copy);
        AssertStale(stale);
        OnThread.Run(() => AssertStale(copy));
        Assert.Equal(1, next.RefCount);
        next.Deref();
    }

    [Fact]
    public void MoveLeavesNothingBehind()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef source = heap.AllocRef(100);
        MembufRef before = source;

        MembufRef target = MembufRef.Move(ref source);

        Assert.True(source.IsNone);
        Assert.Equal(before, target);
        Assert.Equal(1, target.RefCount);
        AssertStale(source);
        OnThread.Run(() => Assert.Equal(0, MembufRef.Deref(ref target)));
        Assert.True(target.IsNone);
    }

    [Fact]
    public void DerefOfAVariableClearsItUnlessNothingWasGivenBack()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);
        MembufRef other = handle;
        handle.Ref();

        Assert.Equal(1, MembufRef.Deref(ref handle));
        Assert.True(handle.IsNone);
        Assert.Equal(0, MembufRef.Deref(ref handle));
        MembufRef kept = other;
        Assert.Equal(0, MembufRef.Deref(ref other));
        Assert.Throws<StaleReferenceException>(() => MembufRef.Deref(ref kept));
        Assert.False(kept.IsNone);
    }

    // The variable is clear before the onFree runs, whatever that throws.
    [Fact]
    public void VariableIsClearWhenOnFreeThrowsAViolation()
    {
        MembufHeap heap = NewMembufHeap();
        MembufPolicy policy = heap.Register((_, _) => heap.Deref(1));
        MembufRef handle = heap.AllocRef(100, 0, policy);
        nint block = heap.Alloc(100, 0, policy);

        Assert.Throws<UntrackedPointerException>(() => MembufRef.Deref(ref handle));
        Assert.True(handle.IsNone);
        Assert.Throws<UntrackedPointerException>(() => heap.Deref(ref block));
        Assert.Equal(0, block);
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public void AccessHoldsTheBlockWhileItsLastHolderGivesItBack()
    {
        MembufHeap heap = NewMembufHeap();
        int ended = 0;
        MembufPolicy policy = heap.Register((_, _) => ended++);
        MembufRef handle = heap.AllocRef(100, 0, policy);

        handle.Access(handle, (span, own) =>
        {
            span.Fill(7);
            Assert.Equal(1, own.Deref());
            Assert.Equal((100, 0), (span.Length, ended));
            Assert.Equal(7, *(byte*)own.Block);
        });

        Assert.Equal(1, ended);
        AssertStale(handle);
    }

    [Fact]
    public void AccessGivesItsReferenceBackWhenTheFunctionThrows()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);

        Assert.Throws<FormatException>(() => handle.Access(0, static (_, _) => throw new FormatException()));
        Assert.Throws<ArgumentNullException>(() => handle.Access(0, null!));
        Assert.Equal(1, handle.RefCount);
        Assert.Equal(0, handle.Deref());
    }

    [Fact]
    public void BlockLargerThanASpanIsRefused()
    {
        // Address space only: nothing is touched.
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef((nuint)int.MaxValue + 1);

        Assert.Throws<ArgumentException>(() => handle.Access(0, static (_, _) => { }));
        Assert.Equal(1, handle.RefCount);
        handle.Deref();
    }

    [Fact]
    public void HandlesAndPointersFailCleanlyAfterDispose()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(100);
        MembufSlice slice = handle.Slice(10, 20);
        nint block = handle.Block;
        heap.Dispose();

        Assert.False(handle.IsAlive);
        Action[] uses =
        [
            () => _ = handle.Block, () => _ = handle.Size, () => _ = handle.RefCount, () => _ = handle.IsUnique, () => handle.Ref(),
            () => handle.Deref(), () => MembufRef.Deref(ref handle), () => handle.Slice(0, 1), () => MembufRef.Split(ref handle, 1),
            () => handle.Shrink(1), () => handle.Access(0, static (_, _) => { }), () => _ = slice.Address, () => MembufSlice.Deref(ref slice),
            () => heap.Alloc(1), () => heap.TryAlloc(1, out _), () => heap.AllocRef(1), () => heap.Ref(block), () => heap.Deref(block),
            () => heap.Deref(ref block), () => heap.RefCount(block), () => heap.IsUnique(block), () => heap.SizeOf(block),
            () => heap.HandleOf(block), () => heap.Shrink(block, 1), () => heap.Trim(), () => heap.Settle(), () => heap.Detach(),
            () => heap.Verify(), () => heap.GetReport(), () => heap.GetMap(), () => heap.AddRegion(1 << 20, 1 << 20),
            () => heap.Register((_, _) => { }),
        ];
        Assert.All(uses, use => Assert.Throws<ObjectDisposedException>(use));
        Assert.All(uses, use => OnThread.Run(() => Assert.Throws<ObjectDisposedException>(use)));
        Assert.False(heap.IsLive(block));
        Assert.False(heap.TryRef(block, out _));
        Assert.False(heap.TryDeref(block, out _));
        Assert.Contains("disposed", heap.ToString(), StringComparison.Ordinal);
        Assert.Equal((false, false), (handle.IsNone, slice.IsNone));
    }

    private static void AssertStale(MembufRef stale)
    {
        Action[] uses =
        [
            () => _ = stale.Block, () => _ = stale.Size, () => _ = stale.RefCount, () => _ = stale.IsUnique, () => stale.Ref(), () => stale.Deref(),
            () => stale.Slice(0, 0), () => MembufRef.Split(ref stale, 0), () => stale.Shrink(0), () => stale.Access(0, static (_, _) => { }),
        ];
        Assert.False(stale.IsAlive);
        Assert.All(uses, use => Assert.Throws<StaleReferenceException>(use));
    }
}
