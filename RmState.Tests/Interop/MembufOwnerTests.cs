using System.Buffers;
using System.Runtime.InteropServices;
using Rm.Interop;
using Rm.Membufs;
using Rm.Violations;

namespace Rm.Tests.Interop;

public sealed class MembufOwnerTests : MembufChecked
{
    [Fact]
    public void AnOwnerTakesTheCallersReferenceOver()
    {
        MembufRef membuf = Heap.AllocRef(64);
        var owner = MembufOwner.Own(membuf);
        Assert.Equal(1, membuf.RefCount);
        Assert.Equal(membuf, owner.Membuf);
        Assert.Equal(64, owner.Length);
        owner.Memory.Span.Fill(7);
        Assert.Equal(7, Marshal.ReadByte(membuf.Block, 63));

        owner.Dispose();
        Assert.False(membuf.IsAlive);
        Assert.True(owner.IsDisposed);
    }

    [Fact]
    public void ARetainingOwnerLeavesTheCallerHis()
    {
        MembufRef membuf = Heap.AllocRef(64);
        using (var part = MembufOwner.Retain(membuf, 16, 8))
        {
            Assert.Equal(2, membuf.RefCount);
            Marshal.WriteByte(membuf.Block, 16, 42);
            Assert.Equal(42, part.GetSpan()[0]);
            Assert.Equal(8, part.Memory.Length);
        }

        Assert.Equal(0, membuf.Deref());
    }

    [Fact]
    public void ASecondDisposeNeverFreesTheNextBlock()
    {
        var first = MembufOwner.Own(Heap.AllocRef(64));
        nint place = first.Membuf.Block;
        first.Dispose();
        using var second = MembufOwner.Own(Heap.AllocRef(64));
        Assert.Equal(place, second.Membuf.Block);

        first.Dispose();
        ((IDisposable)first).Dispose();
        Assert.Equal(1, second.Membuf.RefCount);
    }

    [Fact]
    public void ASecondDisposeNeverTakesASharersReference()
    {
        MembufRef membuf = Heap.AllocRef(64);
        var owner = MembufOwner.Retain(membuf);
        owner.Dispose();
        owner.Dispose();
        Assert.Equal(1, membuf.RefCount);
        membuf.Deref();
    }

    [Fact]
    public void DisposalsOnTwoThreadsGiveOneReferenceBack()
    {
        const int rounds = 20_000;
        MembufRef[] membufs = [.. Enumerable.Range(0, rounds).Select(_ => Heap.AllocRef(64))];
        MembufOwner[] owners = [.. membufs.Select(MembufOwner.Retain)];
        int[] reached = [-1, -1];
        var other = new Thread(() => DisposeAll(1));
        other.Start();
        DisposeAll(0);
        other.Join();

        Assert.Equal(rounds, membufs.Count(static membuf => membuf.IsAlive && membuf.RefCount == 1));
        Array.ForEach(membufs, static membuf => membuf.Deref());

        // Side by side: neither goes on before the other is there.
        void DisposeAll(int mine)
        {
            for (int i = 0; i < rounds; i++)
            {
                Volatile.Write(ref reached[mine], i);
                var spin = new SpinWait();
                while (Volatile.Read(ref reached[1 - mine]) < i)
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                }

                owners[i].Dispose();
            }
        }
    }

    [Fact]
    public void UseAfterDisposeIsRefused()
    {
        var owner = MembufOwner.Own(Heap.AllocRef(64));
        Memory<byte> kept = owner.Memory;
        owner.Dispose();

        Assert.Throws<ObjectDisposedException>(() => owner.Memory);
        Assert.Throws<ObjectDisposedException>(() => kept.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => kept.Pin());
        Assert.Throws<ObjectDisposedException>(() => owner.Detach());
        Assert.Equal(0, owner.Pins);
    }

    [Fact]
    public unsafe void APinnedBlockOutlivesItsOwner()
    {
        MembufRef membuf = Heap.AllocRef(64);
        var owner = MembufOwner.Own(membuf);
        MemoryHandle first = owner.Memory.Pin();
        MemoryHandle fifth = owner.Memory[5..].Pin();
        Assert.Equal(membuf.Block + 5, (nint)fifth.Pointer);
        Assert.Equal((3, 2), (membuf.RefCount, owner.Pins));
        Assert.False(membuf.IsUnique);

        owner.Dispose();
        Assert.Equal(2, membuf.RefCount);
        *(byte*)first.Pointer = 1;
        first.Dispose();
        Assert.True(membuf.IsAlive);
        fifth.Dispose();
        Assert.False(membuf.IsAlive);
    }

    [Fact]
    public async Task AnyThreadMayUnpinLast()
    {
        MembufRef membuf = Heap.AllocRef(64);
        var owner = MembufOwner.Own(membuf);
        MemoryHandle pin = owner.Pin();
        owner.Dispose();
        await Task.Run(() => pin.Dispose());
        Assert.False(membuf.IsAlive);
    }

    [Fact]
    public void UnpinsTooManyAreRefused()
    {
        MembufRef membuf = Heap.AllocRef(64);
        var owner = MembufOwner.Own(membuf);
        Assert.Throws<InvalidOperationException>(owner.Unpin);
        owner.Pin().Dispose();
        Assert.Throws<InvalidOperationException>(owner.Unpin);
        Assert.Equal(1, membuf.RefCount);
        owner.Dispose();
        Assert.Throws<InvalidOperationException>(owner.Unpin);
    }

    [Fact]
    public void APinOutsideTheMemoryIsRefused()
    {
        using var owner = MembufOwner.Own(Heap.AllocRef(64));
        owner.Pin(64).Dispose();
        Assert.Throws<ArgumentOutOfRangeException>("elementIndex", () => owner.Pin(65));
        Assert.Throws<ArgumentOutOfRangeException>("elementIndex", () => owner.Pin(-1));
        Assert.Equal((1L, 0), (owner.Membuf.RefCount, owner.Pins));
    }

    [Fact]
    public void PinsBeyondTheLimitAreRefused()
    {
        using var owner = MembufOwner.Own(Heap.AllocRef(64));
        MemoryHandle[] pins = [.. Enumerable.Range(0, short.MaxValue).Select(_ => owner.Pin())];
        Assert.Throws<OverflowException>(() => owner.Pin());
        Assert.Equal((short.MaxValue, short.MaxValue + 1L), (owner.Pins, owner.Membuf.RefCount));
        Array.ForEach(pins, static pin => pin.Dispose());
        Assert.Equal((0, 1L), (owner.Pins, owner.Membuf.RefCount));
    }

    [Fact]
    public void PinsRacingWithDisposalLoseNothing()
    {
        for (int round = 0; round < 100; round++)
        {
            MembufRef membuf = Heap.AllocRef(64);
            var owner = MembufOwner.Own(membuf);
            using var start = new Barrier(3);
            Thread[] threads = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
            {
                start.SignalAndWait();
                try
                {
                    while (true)
                    {
                        owner.Pin().Dispose();
                    }
                }
                catch (ObjectDisposedException)
                {
                    // The end of every such loop.
                }
            }))];
            Array.ForEach(threads, static thread => thread.Start());
            start.SignalAndWait();
            owner.Dispose();
            Array.ForEach(threads, static thread => thread.Join());

            Assert.Equal(0, owner.Pins);
            Assert.False(membuf.IsAlive);
        }
    }

    [Fact]
    public void DetachHandsTheReferenceOn()
    {
        MembufRef membuf = Heap.AllocRef(64);
        var owner = MembufOwner.Own(membuf);
        MemoryHandle pin = owner.Pin();
        MembufRef detached = owner.Detach();
        Assert.True(owner.IsDisposed);
        owner.Dispose();
        Assert.Equal(2, detached.RefCount);

        pin.Dispose();
        Assert.Equal(0, detached.Deref());
    }

    [Fact]
    public void PartsOutsideTheBlockAreRefused()
    {
        MembufRef membuf = Heap.AllocRef(64);
        Assert.Throws<ArgumentOutOfRangeException>("offset", () => MembufOwner.Retain(membuf, 65, 0));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => MembufOwner.Retain(membuf, 60, 5));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => MembufOwner.Own(membuf, 0, -1));
        Assert.Throws<StaleReferenceException>(() => MembufOwner.Own(default));
        Assert.Equal(1, membuf.RefCount);
        membuf.Deref();
        Assert.Throws<StaleReferenceException>(() => MembufOwner.Retain(membuf));
    }

    [Fact]
    public void ABlockThatFitsNoMemoryIsTakenInParts()
    {
        // Reserved, never touched.
        MembufRef membuf = Heap.AllocRef((nuint)int.MaxValue + 1);
        var refused = Assert.Throws<ArgumentException>("membuf", () => MembufOwner.Own(membuf));
        Assert.Contains("2147483647", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("membuf", () => MembufOwner.Retain(membuf));
        using var part = MembufOwner.Own(membuf, 1, int.MaxValue);
        Assert.Equal(int.MaxValue, part.Memory.Length);
    }

    [Fact]
    public void AReferenceSomebodyElseGaveBackIsReported()
    {
        var owner = MembufOwner.Own(Heap.AllocRef(64));
        owner.Membuf.Deref();
        using var next = MembufOwner.Own(Heap.AllocRef(64));
        Assert.Throws<StaleReferenceException>(owner.Dispose);
        Assert.Equal(1, next.Membuf.RefCount);
        owner.Dispose();
    }

    [Fact]
    public void AfterTheHeapsDisposalNothingIsGivenBack()
    {
        var owner = MembufOwner.Own(Heap.AllocRef(64));
        var pinned = MembufOwner.Own(Heap.AllocRef(64));
        MemoryHandle pin = pinned.Pin();
        Heap.Dispose();

        Assert.Throws<ObjectDisposedException>(() => owner.Pin());
        owner.Dispose();
        pinned.Dispose();
        pin.Dispose();
        Assert.Equal((0, 0), (owner.Pins, pinned.Pins));
    }

    [Fact]
    public void WhatThrowsAtTheEndSurfacesOnce()
    {
        MembufPolicy policy = Heap.Register(static (_, _) => throw new InvalidDataException("at the end"));
        var owner = MembufOwner.Own(Heap.AllocRef(64, 0, policy));
        Assert.Throws<InvalidDataException>(owner.Dispose);
        owner.Dispose();
        Assert.False(owner.Membuf.IsAlive);
    }

    [Fact]
    public void TheMemoryIsNotAnArray()
    {
        using var owner = MembufOwner.Own(Heap.AllocRef(64));
        Assert.False(MemoryMarshal.TryGetArray<byte>(owner.Memory, out _));
        Assert.True(MemoryMarshal.TryGetMemoryManager<byte, MembufOwner>(owner.Memory, out MembufOwner? found));
        Assert.Same(owner, found);
    }

    [Fact]
    public async Task CrossesAwaitsAndStreams()
    {
        using var owner = MembufOwner.Own(Heap.AllocRef(256));
        owner.GetSpan().Fill(9);
        using var stream = new MemoryStream();
        await stream.WriteAsync(owner.Memory);
        stream.Position = 0;
        owner.GetSpan().Clear();
        Assert.Equal(256, await stream.ReadAsync(owner.Memory));
        Assert.Equal(9, owner.GetSpan()[255]);
    }
}
