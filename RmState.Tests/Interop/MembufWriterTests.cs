using System.Buffers;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Rm.Arenas;
using Rm.Interop;
using Rm.Membufs;

namespace Rm.Tests.Interop;

public sealed class MembufWriterTests : MembufChecked
{
    [Fact]
    public void WhatIsWrittenComesOutUncopied()
    {
        using var writer = new MembufWriter(Heap, 64);
        Memory<byte> memory = writer.GetMemory(5);
        Assert.Equal(64, memory.Length);
        "hello"u8.CopyTo(memory.Span);
        writer.Advance(5);
        Assert.Equal(5, writer.WrittenCount);

        using MembufChain chain = writer.TakeChain();
        Assert.Equal(0, writer.WrittenCount);
        Assert.Equal("hello"u8.ToArray(), chain.AsSequence().ToArray());
        Assert.True(memory.Span[..5].Overlaps(chain.First!.Memory.Span));
    }

    [Fact]
    public void ItGoesOnInTheSameBlock()
    {
        using var writer = new MembufWriter(Heap, 64);
        writer.Write("one"u8);
        using MembufChain one = writer.TakeChain();
        writer.Write("two"u8);
        using MembufChain two = writer.TakeChain();
        Assert.Equal(one.First!.Membuf, two.First!.Membuf);
        Assert.Equal(3, one.First.Membuf.RefCount);

        // The writer writes there still, so that the chain must not.
        one.Append("!"u8);
        Assert.Equal("one!"u8.ToArray(), one.AsSequence().ToArray());
        Assert.Equal("two"u8.ToArray(), two.AsSequence().ToArray());
    }

    [Fact]
    public void ItGrowsByBlocksAndByTheHint()
    {
        using var writer = new MembufWriter(Heap, 16);
        writer.Write(new byte[100]);
        Assert.True(writer.GetSpan(1000).Length >= 1000);
        writer.Advance(1000);
        using MembufChain chain = writer.TakeChain();
        Assert.Equal(1100, chain.Length);
        Assert.InRange(chain.Parts, 2, 8);
    }

    [Fact]
    public void WritesSideBySideAreOnePart()
    {
        using var writer = new MembufWriter(Heap, 64);
        writer.Write("a"u8);
        Assert.Equal("a"u8.ToArray(), writer.AsSequence().ToArray());
        writer.Write("b"u8);
        Assert.Equal("ab"u8.ToArray(), writer.AsSequence().ToArray());
        using MembufChain chain = writer.TakeChain();
        Assert.Equal(1, chain.Parts);
    }

    [Fact]
    public void AdvancingTooFarIsRefused()
    {
        using var writer = new MembufWriter(Heap, 16);
        Assert.Throws<InvalidOperationException>(() => writer.Advance(1));
        writer.Advance(0);
        _ = writer.GetSpan(4);
        Assert.Throws<ArgumentOutOfRangeException>("count", () => writer.Advance(-1));
        Assert.Throws<InvalidOperationException>(() => writer.Advance(17));
        writer.Advance(16);
        Assert.Throws<InvalidOperationException>(() => writer.Advance(1));
        Assert.Throws<ArgumentOutOfRangeException>("sizeHint", () => writer.GetMemory(-1));
        Assert.Throws<ArgumentOutOfRangeException>("sizeHint", () => writer.GetSpan(-1));
        Assert.Equal(16, writer.WrittenCount);
    }

    [Fact]
    public void WhatWasHandedOutBeforeTheTakeIsNotAdvancedOver()
    {
        using var writer = new MembufWriter(Heap, 16);
        _ = writer.GetSpan();
        writer.TakeChain().Dispose();
        Assert.Throws<InvalidOperationException>(() => writer.Advance(1));
        _ = writer.GetSpan();
        writer.Reset();
        Assert.Throws<InvalidOperationException>(() => writer.Advance(1));
    }

    [Fact]
    public void ResettingKeepsTheLastBlock()
    {
        using var writer = new MembufWriter(Heap, 16);
        writer.Write(new byte[40]);
        writer.Reset();
        Assert.Equal(1, Heap.GetReport().Blocks);
        Assert.Equal(0, writer.WrittenCount);
        Assert.Equal(16, writer.GetSpan().Length);

        // Not when a chain that was taken has it.
        writer.Write("kept"u8);
        using MembufChain chain = writer.TakeChain();
        writer.Reset();
        writer.Write("else"u8);
        Assert.Equal("kept"u8.ToArray(), chain.AsSequence().ToArray());
    }

    [Fact]
    public void DisposalGivesEverythingBack()
    {
        var writer = new MembufWriter(Heap, 16);
        writer.Write(new byte[40]);
        writer.Dispose();
        writer.Dispose();
        Assert.Equal(0, Heap.GetReport().Blocks);
        Assert.Throws<ObjectDisposedException>(() => writer.GetMemory());
        Assert.Throws<ObjectDisposedException>(() => writer.GetSpan());
        Assert.Throws<ObjectDisposedException>(() => writer.Advance(0));
        Assert.Throws<ObjectDisposedException>(() => writer.AsSequence());
        Assert.Throws<ObjectDisposedException>(writer.TakeChain);
        Assert.Throws<ObjectDisposedException>(writer.Reset);
        Assert.Throws<ArgumentOutOfRangeException>("blockSize", () => new MembufWriter(Heap, 0));
        Assert.Throws<ArgumentNullException>("heap", () => new MembufWriter(null!));
    }

    [Fact]
    public void NoMemoryChangesNothing()
    {
        using var arena = NewArena(new ArenaOptions { CommitLimit = 1 << 20 });
        using var heap = new MembufHeap(new MembufHeapOptions { Arena = arena });
        using var writer = new MembufWriter(heap, 16);
        writer.Write("kept"u8);
        Assert.Throws<OutOfMemoryException>(() => writer.GetMemory(1 << 26));
        writer.Write("on"u8);
        Assert.Equal("kepton"u8.ToArray(), writer.AsSequence().ToArray());
    }

    [Fact]
    public void JsonIsWrittenToIt()
    {
        using var writer = new MembufWriter(Heap, 32);
        using (var json = new Utf8JsonWriter(writer))
        {
            JsonSerializer.Serialize(json, Enumerable.Range(0, 100));
        }

        using MembufChain chain = writer.TakeChain();
        using var document = JsonDocument.Parse(chain.AsSequence());
        Assert.Equal(100, document.RootElement.GetArrayLength());
    }

    [Fact]
    public void ItWritesWhatAModelSays()
    {
        Gen<(int Kind, int Amount)[]> programs =
            (from kind in Gen.Choose(0, 7)
             from amount in Gen.Frequency((6, Gen.Choose(0, 10)), (1, Gen.Choose(11, 100)))
             select (kind, amount)).ArrayOf();
        Prop.ForAll(Arb.From(programs), program =>
        {
            List<(MembufChain Chain, byte[] Bytes)> taken = [];
            bool right = Agrees(program, taken);
            taken.ForEach(static t => t.Chain.Dispose());
            return right && Heap.GetReport().Blocks == 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(60).WithQuietOnSuccess(true));
    }

    private bool Agrees((int Kind, int Amount)[] program, List<(MembufChain Chain, byte[] Bytes)> taken)
    {
        using var writer = new MembufWriter(Heap, 20);
        List<byte> model = [];
        byte next = 0;
        foreach ((int kind, int amount) in program)
        {
            switch (kind)
            {
                case 0:
                    taken.Add((writer.TakeChain(), [.. model]));
                    model.Clear();
                    break;
                case 1 when amount < 3:
                    writer.Reset();
                    model.Clear();
                    break;
                default:
                    Span<byte> span = writer.GetSpan(amount);
                    int count = kind == 2 ? amount / 2 : amount;
                    for (int i = 0; i < span.Length; i++)
                    {
                        span[i] = i < count ? ++next : (byte)0xEE;
                    }

                    model.AddRange(span[..count]);
                    writer.Advance(count);
                    break;
            }

            if (writer.WrittenCount != model.Count || !writer.AsSequence().ToArray().AsSpan().SequenceEqual(model.ToArray()))
            {
                return false;
            }
        }

        return taken.TrueForAll(static t => t.Chain.AsSequence().ToArray().AsSpan().SequenceEqual(t.Bytes));
    }
}
