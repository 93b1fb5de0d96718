using System.Runtime.InteropServices;
using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Membufs;

/// <summary>What is done at a block's end: once, on the last one's thread, whatever it does itself.</summary>
public sealed unsafe class MembufPolicyTests : LeakChecked
{
    private const int SmallStack = 256 * 1024;

    [ThreadStatic]
    private static nint _lastFreed;

    [ThreadStatic]
    private static int _freed;

    // T-MB4.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FunctionRunsOnceOnTheThreadOfTheLastReleaseWithTheBytesAsTheyWere(bool byAnotherThread)
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(64, 0, &Note);
        nint same = heap.Alloc(64, 0, &Note);
        *(int*)block = 4711;
        heap.Ref(block);
        Action release = () =>
        {
            (_lastFreed, _freed) = (0, 0);
            Assert.Equal(1, heap.Deref(block));
            Assert.Equal(0, _freed);
            Assert.Equal(0, heap.Deref(block));
            Assert.Equal((block, 1), (_lastFreed, _freed));
            Assert.Equal(4711, _read);
        };
        if (byAnotherThread)
        {
            OnThread.Run(release);
        }
        else
        {
            release();
        }

        heap.Deref(same);
    }

    // T-MB5.
    [Fact]
    public void NoFunctionIsAllowed()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(64, 0, (delegate* unmanaged<nint, void>)null);

        Assert.Equal(0, heap.Deref(block));
    }

    [Fact]
    public void DelegateHearsBlockAndSize()
    {
        MembufHeap heap = NewMembufHeap();
        List<(nint, nuint)> heard = [];
        MembufPolicy policy = heap.Register((block, size) => heard.Add((block, size)), "notes");
        nint first = heap.Alloc(64, 0, policy);
        MembufRef second = heap.AllocRef(100_000, 64, policy);
        nint at = second.Block;
        Assert.True(heap.TryAlloc(0, out nint third, 0, policy));

        heap.Deref(third);
        second.Deref();
        heap.Deref(first);
        Assert.Equal([(third, 0u), (at, 100_000u), (first, 64u)], heard);
        Assert.Equal(("notes", heap), (policy.Name, policy.Heap));
    }

    [Fact]
    public void PlaceThatIsUsedAgainHasThePolicyOfItsNewBlock()
    {
        MembufHeap heap = NewMembufHeap();
        int ended = 0;
        MembufPolicy policy = heap.Register((_, _) => ended++);
        nint block = heap.Alloc(64, 0, policy);
        heap.Deref(block);
        Assert.Equal(block, heap.Alloc(64));
        heap.Deref(block);
        Assert.Equal(1, ended);
        Assert.Equal(block, heap.Alloc(64, 0, policy));
        heap.Deref(block);
        Assert.Equal(2, ended);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ExceptionSurfacesAfterTheBlockIsGone(bool byAnotherThread)
    {
        MembufHeap heap = NewMembufHeap();
        int calls = 0;
        MembufPolicy policy = heap.Register((_, _) =>
        {
            calls++;
            throw new FormatException("thrown");
        });
        nint block = heap.Alloc(64, 0, policy);
        Action release = () => Assert.Equal("thrown", Assert.Throws<FormatException>(() => heap.Deref(block)).Message);
        if (byAnotherThread)
        {
            OnThread.Run(release);
        }
        else
        {
            release();
        }

        heap.Settle();
        Assert.Equal((1, 0), (calls, heap.Statistics.LiveBlocks));
        Assert.Throws<DoubleFreeException>(() => heap.Deref(block));
        heap.Verify();
    }

    [Fact]
    public void SeveralExceptionsComeTogether()
    {
        MembufHeap heap = NewMembufHeap();
        nint[] parts = new nint[3];
        MembufPolicy throwing = heap.Register((block, _) => throw new FormatException(Array.IndexOf(parts, block).ToString(null as IFormatProvider)));
        MembufPolicy whole = heap.Register((_, _) =>
        {
            Assert.All(parts, part => Assert.Equal(0, heap.Deref(part)));
            throw new FormatException("whole");
        });
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = heap.Alloc(64, 0, throwing);
        }

        nint block = heap.Alloc(64, 0, whole);
        AggregateException e = Assert.Throws<AggregateException>(() => heap.Deref(block));

        Assert.Equal(["0", "1", "2", "whole"], e.InnerExceptions.Select(static inner => inner.Message).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        heap.Verify();
    }

    // T-MB6.
    [Fact]
    public void BlockReleasesItsPartsAndSharedOnesSurvive()
    {
        MembufHeap heap = NewMembufHeap();
        int ended = 0;
        MembufPolicy part = heap.Register((_, _) => ended++);
        MembufPolicy netbuf = heap.Register((block, size) =>
        {
            foreach (nint owned in new Span<nint>((void*)block, (int)size / sizeof(nint)))
            {
                heap.Deref(owned);
            }
        });
        nint buffer = heap.Alloc(5 * (nuint)sizeof(nint), 0, netbuf);
        for (int i = 0; i < 5; i++)
        {
            ((nint*)buffer)[i] = heap.Alloc(100, 0, part);
        }

        nint shared = ((nint*)buffer)[3];
        heap.Ref(shared);
        heap.Deref(buffer);
        Assert.Equal((4, 1), (ended, heap.RefCount(shared)));
        heap.Deref(shared);
        Assert.Equal(5, ended);
    }

    // T-MB7.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CloneSharesThePartsAndAnyOrderFreesAll(bool originalFirst)
    {
        MembufHeap heap = NewMembufHeap();
        MembufPolicy netbuf = heap.Register((block, _) =>
        {
            foreach (nint owned in new Span<nint>((void*)block, 5))
            {
                heap.Deref(owned);
            }
        });
        nint original = heap.Alloc(5 * (nuint)sizeof(nint), 0, netbuf);
        for (int i = 0; i < 5; i++)
        {
            ((nint*)original)[i] = heap.Alloc(100);
        }

        nint clone = heap.Alloc(heap.SizeOf(original), 0, netbuf);
        var parts = new Span<nint>((void*)clone, 5);
        new Span<nint>((void*)original, 5).CopyTo(parts);
        nint[] all = parts.ToArray();
        Assert.All(all, part => Assert.Equal(2, heap.Ref(part)));
        heap.Deref(originalFirst ? original : clone);
        Assert.All(all, part => Assert.Equal(1, heap.RefCount(part)));
        OnThread.Run(() => heap.Deref(originalFirst ? clone : original));
        Assert.All(all, part => Assert.False(heap.IsLive(part)));
    }

    [Fact]
    public void OnFreeMayAllocateReferenceAndRelease()
    {
        MembufHeap heap = NewMembufHeap();
        nint kept = heap.Alloc(64);
        nint made = 0;
        MembufPolicy policy = heap.Register((_, size) =>
        {
            made = heap.Alloc(size);
            Assert.Equal(2, heap.Ref(kept));
            Assert.Equal(1, heap.Deref(kept));
            Assert.Equal(0, heap.Deref(heap.Alloc(size)));
            heap.Trim();
            heap.Settle();
        });
        nint block = heap.Alloc(64, 0, policy);
        heap.Deref(block);

        Assert.NotEqual(block, made);
        Assert.Equal((1, 1), (heap.RefCount(made), heap.RefCount(kept)));
        heap.Verify();
        heap.Deref(made);
        heap.Deref(kept);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DyingBlockCannotComeBack(bool byAnotherThread)
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = default;
        int ended = 0;
        MembufPolicy policy = heap.Register((block, _) =>
        {
            ended++;
            AssertDying(heap, block, handle);
            OnThread.Run(() => AssertDying(heap, block, handle));
        });
        handle = heap.AllocRef(64, 0, policy);
        if (byAnotherThread)
        {
            OnThread.Run(() => handle.Deref());
        }
        else
        {
            handle.Deref();
        }

        Assert.Equal(1, ended);
        heap.Settle();
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        heap.Verify();
    }

    // MB-5.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ChainOfAMillionBlocksTakesNoStack(bool byAnotherThread)
    {
        const int length = 1_000_000;
        MembufHeap heap = NewMembufHeap();
        int ended = 0;
        MembufPolicy policy = heap.Register((block, _) =>
        {
            ended++;
            heap.Deref(*(nint*)block);
        });
        OnThread.Start(
            () =>
            {
                nint first = 0;
                for (int i = 0; i < length; i++)
                {
                    nint block = heap.Alloc((nuint)sizeof(nint), 0, policy);
                    *(nint*)block = first;
                    first = block;
                }

                Action release = () => Assert.Equal(0, heap.Deref(first));
                if (byAnotherThread)
                {
                    OnThread.Start(release, SmallStack)();
                }
                else
                {
                    release();
                }

                heap.Detach();
            },
            SmallStack)();

        Assert.Equal(length, ended);
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    // A heap's end inside another's is that heap's own.
    [Fact]
    public void HeapsNestWithinEachOthersOnFree()
    {
        MembufHeap heap = NewMembufHeap();
        MembufHeap other = NewMembufHeap();
        List<string> order = [];
        nint inner = other.Alloc(64, 0, other.Register((_, _) => order.Add("inner")));
        nint second = heap.Alloc(64, 0, heap.Register((_, _) => order.Add("second")));
        nint outer = heap.Alloc(64, 0, heap.Register((_, _) =>
        {
            heap.Deref(second);
            other.Deref(inner);
            order.Add("outer");
        }));

        heap.Deref(outer);
        Assert.Equal(["inner", "outer", "second"], order);
    }

    [Fact]
    public void OneNumberServesAllBlocksOfAFunctionAndManyPoliciesAreKeptApart()
    {
        MembufHeap heap = NewMembufHeap();
        nint first = heap.Alloc(64, 0, &Note);
        nint second = heap.Alloc(64, 0, &NoteToo);
        nint third = heap.Alloc(64, 0, &Note);
        Assert.Equal(MembufRecord.PolicyOf(MembufRecords.Of(heap, first)), MembufRecord.PolicyOf(MembufRecords.Of(heap, third)));
        Assert.NotEqual(MembufRecord.PolicyOf(MembufRecords.Of(heap, first)), MembufRecord.PolicyOf(MembufRecords.Of(heap, second)));
        int[] ended = new int[100];
        nint[] blocks = [.. Enumerable.Range(0, 100).Select(i => heap.Alloc(16, 0, heap.Register((_, _) => ended[i]++)))];
        Assert.All(blocks, block => heap.Deref(block));
        Assert.All(ended, times => Assert.Equal(1, times));
        Assert.All(new[] { first, second, third }, block => heap.Deref(block));
    }

    [Fact]
    public void PoliciesAreAsManyAsTheirNumbers()
    {
        MembufHeap heap = NewMembufHeap();
        for (int i = 1; i <= ushort.MaxValue; i++)
        {
            heap.Register(static (_, _) => { });
        }

        Assert.Throws<OutOfMemoryException>(() => heap.Register(static (_, _) => { }));
        Assert.Throws<OutOfMemoryException>(() => heap.Alloc(10, 0, &Note));
        heap.Deref(heap.Alloc(10));
    }

    private static void AssertDying(MembufHeap heap, nint block, MembufRef handle)
    {
        Assert.Throws<FinalizingBlockException>(() => heap.Ref(block));
        Assert.Throws<FinalizingBlockException>(() => heap.Deref(block));
        Assert.Throws<FinalizingBlockException>(() => handle.Ref());
        Assert.Throws<FinalizingBlockException>(() => handle.Deref());
        Assert.Throws<FinalizingBlockException>(() => handle.Slice(0, 1));
        Assert.Throws<FinalizingBlockException>(() => MembufRef.Deref(ref handle));
        Assert.False(handle.IsNone);
        nint variable = block;
        Assert.Throws<FinalizingBlockException>(() => heap.Deref(ref variable));
        Assert.Equal(block, variable);
        Assert.Equal((0, false, false, false), (heap.RefCount(block), heap.IsLive(block), heap.IsUnique(block), handle.IsAlive));
        Assert.False(heap.TryRef(block, out _));
        Assert.False(heap.TryDeref(block, out _));
    }

    [ThreadStatic]
    private static int _read;

    [UnmanagedCallersOnly]
    private static void Note(nint block)
    {
        _freed++;
        _lastFreed = block;
        _read = *(int*)block;
    }

    [UnmanagedCallersOnly]
    private static void NoteToo(nint block) => _lastFreed = block;
}
