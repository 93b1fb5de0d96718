using System.Threading.Channels;
using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Membufs;

/// <summary>
/// The original's story: a producer allocates, a consumer takes a reference, both give theirs back, in either order and at the same time;
/// the last one frees, exactly once.
/// </summary>
public sealed class MembufHandOverTests : LeakChecked
{
    private const int Many = 1_000_000;
    private const int Fewer = 200_000;
    private const int Queued = 256;

    [Theory]
    [InlineData(1, false, Many)]
    [InlineData(1, true, Many)]
    [InlineData(7, false, Fewer)]
    [InlineData(15, true, Fewer)]
    public void LastOfProducerAndConsumersFreesOnce(int consumers, bool producerKeeps, int blocks)
    {
        MembufHeap heap = NewMembufHeap();
        EndLedger ledger = new(heap, blocks);
        Channel<nint> channel = Channel.CreateBounded<nint>(new BoundedChannelOptions(Queued) { SingleWriter = true });
        Action[] ends = [.. Enumerable.Range(0, consumers).Select(_ => OnThread.Start(() => Consume(heap, channel.Reader)))];
        Produce(heap, ledger, blocks, channel.Writer, producerKeeps ? 2 * Queued : 0);
        Array.ForEach(ends, static end => end());

        _ = heap.Settle();
        ledger.RequireAllEnded();
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        heap.Verify();
    }

    [Fact]
    public void OnlyReferenceHandedOverIsFreedByItsTaker()
    {
        MembufHeap heap = NewMembufHeap();
        EndLedger ledger = new(heap, Fewer);
        Channel<nint> channel = Channel.CreateBounded<nint>(Queued);
        Action end = OnThread.Start(() => Receive(heap, channel.Reader));
        for (int i = 0; i < Fewer; i++)
        {
            Send(channel.Writer, ledger.Alloc(i, 16));
        }

        channel.Writer.Complete();
        end();
        _ = heap.Settle();
        ledger.RequireAllEnded();
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    // Without a delay the producer is mostly first to give back, with one the consumer.
    private static void Produce(MembufHeap heap, EndLedger ledger, int blocks, ChannelWriter<nint> writer, int delay)
    {
        Queue<nint> kept = [];
        for (int i = 0; i < blocks; i++)
        {
            nint block = ledger.Alloc(i);
            heap.Ref(block);
            Send(writer, block);
            kept.Enqueue(block);
            if (kept.Count > delay)
            {
                heap.Deref(kept.Dequeue());
            }
        }

        writer.Complete();
        while (kept.TryDequeue(out nint block))
        {
            heap.Deref(block);
        }
    }

    private static void Send(ChannelWriter<nint> writer, nint block)
    {
        var spin = new SpinWait();
        while (!writer.TryWrite(block))
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private static void Consume(MembufHeap heap, ChannelReader<nint> reader)
    {
        foreach (nint block in All(reader))
        {
            // The producer's reference was handed over; one more of its own, as an up-call would take.
            heap.Ref(block);
            _ = EndLedger.NumberOf(block);
            heap.Deref(block);
            heap.Deref(block);
        }
    }

    private static void Receive(MembufHeap heap, ChannelReader<nint> reader)
    {
        foreach (nint block in All(reader))
        {
            Assert.True(heap.IsUnique(block));
            Assert.Equal(0, heap.Deref(block));
        }
    }

    private static IEnumerable<nint> All(ChannelReader<nint> reader)
    {
        var spin = new SpinWait();
        while (!reader.Completion.IsCompleted)
        {
            if (reader.TryRead(out nint block))
            {
                yield return block;
            }
            else
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }
    }
}
