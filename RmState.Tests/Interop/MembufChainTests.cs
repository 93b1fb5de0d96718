using System.Buffers;
using Rm.Arenas;
using Rm.Interop;
using Rm.Membufs;
using Rm.Violations;

namespace Rm.Tests.Interop;

public sealed class MembufChainTests : MembufChecked
{
    [Fact]
    public void AChainHasAReferenceOfEachPart()
    {
        MembufRef membuf = Filled(64, 1);
        var chain = new MembufChain(Heap);
        chain.Append(membuf, 8, 16);
        chain.Append(membuf);
        Assert.Equal(3, membuf.RefCount);
        Assert.Equal((80L, 2), (chain.Length, chain.Parts));
        Assert.Equal((membuf, 8, 16), (chain.First!.Membuf, chain.First.Offset, chain.First.Length));

        membuf.Deref();
        chain.Dispose();
        chain.Dispose();
        Assert.False(membuf.IsAlive);
    }

    [Fact]
    public void AnOwnedPartTakesTheCallersReferenceOver()
    {
        MembufRef membuf = Filled(64, 1);
        using var chain = new MembufChain(Heap);
        chain.AppendOwned(membuf, 0, 64);
        Assert.Equal(1, membuf.RefCount);

        // Of no bytes nothing is kept, and so the reference is given back.
        MembufRef empty = Heap.AllocRef(0);
        chain.PrependOwned(empty, 0, 0);
        Assert.False(empty.IsAlive);
        Assert.Equal(1, chain.Parts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CloneAndOriginalEndInAnyOrder(bool originalFirst)
    {
        // T-MB7.
        MembufRef[] membufs = [.. Enumerable.Range(1, 5).Select(i => Filled(100, (byte)i))];
        var original = new MembufChain(Heap);
        Array.ForEach(membufs, m => original.AppendOwned(m, 10, 50));
        MembufChain clone = original.Clone();
        Assert.All(membufs, static m => Assert.Equal(2, m.RefCount));
        Assert.Equal(original.AsSequence().ToArray(), clone.AsSequence().ToArray());

        (originalFirst ? original : clone).Dispose();
        Assert.All(membufs, static m => Assert.Equal(1, m.RefCount));
        (originalFirst ? clone : original).Dispose();
        Assert.All(membufs, static m => Assert.False(m.IsAlive));
    }

    [Fact]
    public void ABlockThatHoldsOthersReleasesThem()
    {
        // T-MB6: a netbuf's own block, whose end releases its five parts; one of them is also elsewhere.
        MembufRef[] parts = [.. Enumerable.Range(1, 5).Select(i => Filled(100, (byte)i))];
        MembufPolicy policy = Heap.Register((_, _) => Array.ForEach(parts, static part => part.Deref()));
        var chain = new MembufChain(Heap);
        chain.AppendOwned(Heap.AllocRef(40, 0, policy), 0, 40);
        using var other = new MembufChain(Heap);
        other.Append(parts[2]);

        chain.Dispose();
        Assert.Equal([false, false, true, false, false], parts.Select(static part => part.IsAlive));
        Assert.Equal(Enumerable.Repeat((byte)3, 100), other.AsSequence().ToArray());
    }

    [Fact]
    public void HeadersGoInFrontInPlace()
    {
        using var chain = new MembufChain(Heap, headRoom: 8);
        chain.Append("body"u8);
        chain.Prepend("-tcp"u8);
        chain.Prepend("-ip-"u8);
        chain.Prepend("eth-"u8);
        Assert.Equal(2, chain.Parts);
        Assert.Equal("eth--ip--tcpbody"u8.ToArray(), chain.AsSequence().ToArray());

        // The room is used up.
        chain.Prepend("+"u8);
        Assert.Equal(3, chain.Parts);
        ReadOnlySequence<byte> bytes = chain.AsSequence();
        Assert.Equal("+eth--ip--tcpbody"u8.ToArray(), bytes.ToArray());
        Assert.Equal(0, bytes.GetOffset(bytes.Start));
    }

    [Fact]
    public void RoomInABlockThatOthersHaveIsLeftAlone()
    {
        using var chain = new MembufChain(Heap, headRoom: 16);
        chain.Prepend("body"u8);
        using MembufChain clone = chain.Clone();
        chain.Prepend("A"u8);
        clone.Prepend("B"u8);
        chain.Append("C"u8);
        clone.Append("D"u8);
        Assert.Equal("AbodyC"u8.ToArray(), chain.AsSequence().ToArray());
        Assert.Equal("BbodyD"u8.ToArray(), clone.AsSequence().ToArray());
    }

    [Fact]
    public void AppendedBytesFillTheLastBlockFirst()
    {
        using var chain = new MembufChain(Heap, blockSize: 10);
        chain.Append("123"u8);
        ReadOnlySequence<byte> before = chain.AsSequence();
        chain.Append("4567890abc"u8);
        Assert.Equal((13L, 2), (chain.Length, chain.Parts));
        Assert.Equal("1234567890abc"u8.ToArray(), chain.AsSequence().ToArray());

        // Appending leaves a sequence valid.
        Assert.Equal("123"u8.ToArray(), before.ToArray());
    }

    [Fact]
    public void TrimmingGivesBackWhatIsGone()
    {
        MembufRef[] membufs = [.. Enumerable.Range(1, 4).Select(i => Filled(10, (byte)i))];
        using var chain = new MembufChain(Heap);
        Array.ForEach(membufs, m => chain.AppendOwned(m, 0, 10));
        chain.TrimStart(10);
        Assert.False(membufs[0].IsAlive);
        chain.TrimStart(5);
        chain.TrimEnd(10);
        Assert.False(membufs[3].IsAlive);
        chain.TrimEnd(3);
        Assert.Equal([2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3], chain.AsSequence().ToArray());
        Assert.Equal(2, chain.Parts);

        chain.Clear();
        Assert.True(chain.IsEmpty);
        Assert.True(chain.AsSequence().IsEmpty);
        Assert.All(membufs, static m => Assert.False(m.IsAlive));
        chain.Append("again"u8);
    }

    [Fact]
    public void ASplitBlockIsInBoth()
    {
        MembufRef membuf = Filled(10, 1);
        using var chain = new MembufChain(Heap);
        chain.AppendOwned(membuf, 0, 10);
        chain.Append("rest"u8);
        using MembufChain rest = chain.Split(4);
        Assert.Equal((4L, 1), (chain.Length, chain.Parts));
        Assert.Equal((10L, 2), (rest.Length, rest.Parts));
        Assert.Equal(2, membuf.RefCount);
        rest.TrimStart(6);
        Assert.Equal(1, membuf.RefCount);
        Assert.Equal("rest"u8.ToArray(), rest.AsSequence().ToArray());
    }

    [Fact]
    public void ChainsAreMovedWithoutCounting()
    {
        MembufRef membuf = Filled(10, 1);
        using var chain = new MembufChain(Heap);
        using var other = new MembufChain(Heap);
        chain.Append("behind"u8);
        other.AppendOwned(membuf, 0, 3);
        chain.Prepend(other);
        Assert.Equal((0L, 0, 1L), (other.Length, other.Parts, membuf.RefCount));
        other.Append("!"u8);
        chain.Append(other);
        Assert.Equal([1, 1, 1, .. "behind!"u8], chain.AsSequence().ToArray());
        Assert.Throws<ArgumentException>("other", () => chain.Append(chain));
        Assert.Throws<ArgumentException>("other", () => chain.Prepend(chain));
        Assert.Throws<ArgumentNullException>("other", () => chain.Append((MembufChain)null!));
    }

    [Fact]
    public void ALongChainEndsWithoutRecursion()
    {
        const int parts = 200_000;
        MembufRef membuf = Filled(16, 1);
        var chain = new MembufChain(Heap);
        for (int i = 0; i < parts; i++)
        {
            chain.Append(membuf, i % 16, 1);
        }

        MembufChain clone = chain.Clone();
        Assert.Equal(1 + (2 * parts), membuf.RefCount);
        var thread = new Thread(
            () =>
            {
                chain.Dispose();
                clone.TrimStart(parts);
                clone.Dispose();
            },
            128 * 1024);
        thread.Start();
        thread.Join();
        Assert.Equal(0, membuf.Deref());
    }

    [Fact]
    public void WhatThrowsAtAnEndKeepsNothingFromEnding()
    {
        MembufPolicy policy = Heap.Register(static (_, _) => throw new InvalidDataException("at the end"));
        MembufRef[] membufs = [.. Enumerable.Range(0, 3).Select(i => i == 1 ? Heap.AllocRef(8) : Heap.AllocRef(8, 0, policy))];
        var chain = new MembufChain(Heap);
        Array.ForEach(membufs, m => chain.AppendOwned(m, 0, 8));
        var failure = Assert.Throws<AggregateException>(chain.Dispose);
        Assert.Equal(2, failure.InnerExceptions.Count);
        Assert.All(membufs, static m => Assert.False(m.IsAlive));
        Assert.True(chain.IsDisposed);

        // One alone is thrown as it is.
        chain = new MembufChain(Heap);
        chain.AppendOwned(Heap.AllocRef(8, 0, policy), 0, 8);
        chain.Append("stays"u8);
        Assert.Throws<InvalidDataException>(() => chain.TrimStart(8));
        Assert.Equal("stays"u8.ToArray(), chain.AsSequence().ToArray());
        chain.Dispose();
    }

    [Fact]
    public void MisuseChangesNothing()
    {
        MembufRef membuf = Filled(10, 1);
        using var chain = new MembufChain(Heap);
        chain.Append(membuf, 0, 10);
        Assert.Throws<ArgumentOutOfRangeException>("offset", () => chain.Append(membuf, -1, 1));
        Assert.Throws<ArgumentOutOfRangeException>("offset", () => chain.Append(membuf, 11, 0));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => chain.AppendOwned(membuf, 5, 6));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => chain.Prepend(membuf, 5, -1));
        Assert.Throws<StaleReferenceException>(() => chain.Prepend(default, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => chain.TrimStart(11));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => chain.TrimEnd(-1));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => chain.Split(11));
        Assert.Throws<ArgumentNullException>("heap", () => new MembufChain(null!));
        Assert.Throws<ArgumentOutOfRangeException>("blockSize", () => new MembufChain(Heap, 0));
        Assert.Throws<ArgumentOutOfRangeException>("headRoom", () => new MembufChain(Heap, headRoom: -1));
        Assert.Equal((10L, 1, 2L), (chain.Length, chain.Parts, membuf.RefCount));
        membuf.Deref();
    }

    [Fact]
    public void NothingWorksAfterDisposal()
    {
        MembufRef membuf = Filled(10, 1);
        var chain = new MembufChain(Heap);
        chain.Append(membuf);
        ReadOnlySequence<byte> kept = chain.AsSequence();
        chain.Dispose();

        Assert.Throws<ObjectDisposedException>(() => chain.Append(membuf));
        Assert.Throws<ObjectDisposedException>(() => chain.Append("x"u8));
        Assert.Throws<ObjectDisposedException>(() => chain.Prepend("x"u8));
        Assert.Throws<ObjectDisposedException>(() => chain.AsSequence());
        Assert.Throws<ObjectDisposedException>(chain.Clone);
        Assert.Throws<ObjectDisposedException>(() => chain.Split(0));

        // What was read from it is not read from the next block there.
        Assert.Throws<ObjectDisposedException>(() => kept.FirstSpan.Length);
        Assert.Equal(0, membuf.Deref());
    }

    [Fact]
    public void CopyingFailsWholeWithoutMemory()
    {
        using var arena = NewArena(new ArenaOptions { CommitLimit = 1 << 20 });
        using var heap = new MembufHeap(new MembufHeapOptions { Arena = arena });
        using var chain = new MembufChain(heap, blockSize: 64 * 1024);
        chain.Append("kept"u8);
        long before = heap.GetReport().Blocks;
        Assert.Throws<OutOfMemoryException>(() => chain.Append(new byte[4 << 20]));
        Assert.Throws<OutOfMemoryException>(() => chain.Prepend(new byte[4 << 20]));
        Assert.Equal("kept"u8.ToArray(), chain.AsSequence().ToArray());
        Assert.Equal(before, heap.GetReport().Blocks);
    }

    private unsafe MembufRef Filled(int size, byte value)
    {
        MembufRef membuf = Heap.AllocRef((nuint)size);
        new Span<byte>((void*)membuf.Block, size).Fill(value);
        return membuf;
    }
}
