using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Membufs;

/// <summary>Every misuse is named and changes nothing; no address, however wrong, is read.</summary>
public sealed unsafe class MembufMisuseTests : LeakChecked
{
    [Fact]
    public void NullIsRefusedButByDeref()
    {
        MembufHeap heap = NewMembufHeap();
        Action[] uses =
        [
            () => heap.Ref(0), () => heap.RefCount(0), () => heap.IsUnique(0), () => heap.SizeOf(0), () => heap.HandleOf(0), () => heap.Shrink(0, 0),
        ];

        Assert.All(uses, use => Assert.Throws<ArgumentNullException>(use));
        Assert.Equal(0, heap.Deref(0));
        Assert.False(heap.IsLive(0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AddressesThatAreNoMembufsAreRefused(bool byAnotherThread)
    {
        MembufHeap heap = NewMembufHeap();
        MembufHeap other = NewMembufHeap();
        nint block = heap.Alloc(100);
        nint large = heap.Alloc(100_000);
        nint lone = heap.Alloc(5 << 20);
        nint others = other.Alloc(100);
        int local = 0;
        void* malloced = NativeMemory.Alloc(100);
        nint[] wrong =
        [
            block + 1, block + 8, block + 99, block + 111, block - 1, large + 1, large + 65536, large + 99_999, lone + 1, lone + (1 << 20), lone + (5 << 20),
            others, others + 1, (nint)(&local), (nint)malloced, block ^ ((nint)1 << 38), 1, 15, 4096, Granule.Bytes, nint.MaxValue, nint.MinValue, -1, -16,
            nint.MinValue + Granule.Bytes, (nint)1 << 47, ((nint)1 << 47) - 16, (nint)1 << 48, ((nint)1 << 48) - 1, (nint)1 << 56, Fakes.Address(0),
            block | ((nint)1 << 48), block | ((nint)0xFFFF << 48),
        ];
        Action check = () =>
        {
            foreach (nint address in wrong)
            {
                Assert.Equal(address, Assert.Throws<UntrackedPointerException>(() => heap.Ref(address)).Block);
                Assert.Equal(address, Assert.Throws<UntrackedPointerException>(() => heap.Deref(address)).Block);
                Assert.Throws<UntrackedPointerException>(() => heap.RefCount(address));
                Assert.Throws<UntrackedPointerException>(() => heap.IsUnique(address));
                Assert.Throws<UntrackedPointerException>(() => heap.SizeOf(address));
                Assert.Throws<UntrackedPointerException>(() => heap.HandleOf(address));
                Assert.Throws<UntrackedPointerException>(() => heap.Shrink(address, 0));
                nint variable = address;
                Assert.Throws<UntrackedPointerException>(() => heap.Deref(ref variable));
                Assert.Equal(address, variable);
                Assert.False(heap.IsLive(address));
                Assert.False(heap.TryRef(address, out _));
                Assert.False(heap.TryDeref(address, out _));
            }
        };
        if (byAnotherThread)
        {
            OnThread.Run(check);
        }
        else
        {
            check();
        }

        NativeMemory.Free(malloced);
        Assert.Equal((1, 1, 1), (heap.RefCount(block), heap.RefCount(large), heap.RefCount(lone)));
        heap.Verify();
        Assert.All(new[] { block, large, lone }, b => Assert.Equal(0, heap.Deref(b)));
        other.Deref(others);
    }

    // Every address of a granule, and random ones of all magnitudes: the map and the records decide, nothing else is read.
    [Fact]
    public void GarbageNeverReadsWildMemory()
    {
        MembufHeap heap = NewMembufHeap();
        HashSet<nint> live = [heap.Alloc(48), heap.Alloc(48), heap.Alloc(720)];
        nint start = live.Min() & -Granule.Bytes;
        for (nint address = start - Granule.Bytes; address < start + (2 * Granule.Bytes); address++)
        {
            Assert.Equal(live.Contains(address), heap.IsLive(address));
        }

        var random = new Random(5);
        for (int i = 0; i < 200_000; i++)
        {
            var address = (nint)(random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64));
            if (!live.Contains(address))
            {
                Assert.False(heap.IsLive(address));
                Assert.False(heap.TryDeref(address, out _));
            }
        }

        Assert.All(live, block => Assert.Equal(0, heap.Deref(block)));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    [InlineData(5 << 20)]
    public void SecondReleaseIsNamedAndLaterUseToo(int size)
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc((nuint)size);
        heap.Deref(block);

        Assert.Equal(block, Assert.Throws<DoubleFreeException>(() => heap.Deref(block)).Block);
        Assert.Throws<UntrackedPointerException>(() => heap.Ref(block));
        Assert.Throws<UntrackedPointerException>(() => heap.RefCount(block));
        OnThread.Run(() => Assert.Throws<DoubleFreeException>(() => heap.Deref(block)));
        heap.Verify();
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public void ReleaseOfABlockThatWaitsInTheMailIsNamed()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(100);
        OnThread.Run(() => Assert.Equal(0, heap.Deref(block)));

        Assert.ThrowsAny<MemoryViolationException>(() => heap.Deref(block));
        Assert.ThrowsAny<MemoryViolationException>(() => heap.Ref(block));
        Assert.False(heap.IsLive(block));
        Assert.Equal(0, heap.GetReport().Blocks);
        heap.Settle();
        Assert.Throws<DoubleFreeException>(() => heap.Deref(block));
        heap.Verify();
    }

    // The owner counts apart: another thread may give back what it had, but no more.
    [Fact]
    public void OtherThreadCannotGiveBackMoreThanThereAre()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(100);
        heap.Ref(block);
        OnThread.Run(() =>
        {
            Assert.Equal(1, heap.Deref(block));
            Assert.Equal(0, heap.Deref(block));
            Assert.ThrowsAny<MemoryViolationException>(() => heap.Deref(block));
        });
        heap.Settle();
        heap.Verify();
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public void PoliciesOfOtherHeapsAreRefused()
    {
        MembufHeap heap = NewMembufHeap();
        MembufPolicy policy = NewMembufHeap().Register((_, _) => { }, "of another");

        Assert.Contains("of another", Assert.Throws<ArgumentException>(() => heap.Alloc(10, 0, policy)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => heap.AllocRef(10, 0, policy));
        Assert.Throws<ArgumentException>(() => heap.TryAlloc(10, out _, 0, policy));
        Assert.Throws<ArgumentNullException>(() => heap.Alloc(10, 0, (MembufPolicy)null!));
        Assert.Throws<ArgumentNullException>(() => heap.Register(null!));
        Assert.Equal(0, heap.Statistics.Allocations);
    }

    [Fact]
    public void BadOptionsAreRefused()
    {
        Arena arena = NewArena();
        arena.Dispose();

        Assert.Throws<ArgumentNullException>(() => new MembufHeap(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MembufHeap(new MembufHeapOptions { DisposePolicy = (RmDisposePolicy)9 }));
        Assert.Throws<ObjectDisposedException>(() => new MembufHeap(new MembufHeapOptions { Arena = arena }));
    }
}
