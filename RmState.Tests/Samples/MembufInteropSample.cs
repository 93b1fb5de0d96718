using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Threading.Channels;
using Rm.Interop;
using Rm.Membufs;

namespace Rm.Tests.Samples;

/// <summary>Membufs under the base library's own ways to pass bytes on: pipelines, sequences, buffer writers and channels.</summary>
public sealed class MembufInteropSample
{
    [Fact]
    public async Task APipesMemoryComesFromAPool()
    {
        byte[] message = new byte[10_000];
        using var received = new MemoryStream();

        #region membuf-pipe
        using var heap = new MembufHeap();
        using var pool = new MembufMemoryPool(heap, leak => Console.Error.WriteLine(leak));   // names each owner that nobody disposed
        var pipe = new Pipe(new PipeOptions(pool: pool));

        await pipe.Writer.WriteAsync(message);
        await pipe.Writer.CompleteAsync();
        await pipe.Reader.CopyToAsync(received);
        await pipe.Reader.CompleteAsync();

        int rented = pool.Rented;   // 0: everything came back, on whatever thread
        #endregion

        Assert.Equal(0, rented);
        Assert.Equal(message.Length, received.Length);
    }

    [Fact]
    public async Task APinnedMembufOutlivesItsOwner()
    {
        using var stream = new MemoryStream();

        #region membuf-owner
        using var heap = new MembufHeap();
        var owner = MembufOwner.Own(heap.AllocRef(4096));   // takes the reference over
        MembufRef shared = owner.Membuf;
        shared.Ref();                                       // one more, for somebody else
        await stream.WriteAsync(owner.Memory);
        owner.Dispose();
        owner.Dispose();                                    // nothing: only the owner's own reference is ever given back

        bool alive = shared.IsAlive;                        // true, until
        shared.Deref();
        #endregion

        Assert.True(alive);
        Assert.False(shared.IsAlive);
    }

    [Fact]
    public void HeadersGoInFrontOfABodyThatIsShared()
    {
        #region membuf-chain
        using var heap = new MembufHeap();
        MembufRef body = heap.AllocRef(1000);

        using var first = new MembufChain(heap);
        first.AppendOwned(body, 0, 1000);
        using MembufChain second = first.Clone();   // the list is copied, the bytes are not: two references

        first.Prepend("HTTP/1.1 200 OK\r\n\r\n"u8);
        second.Prepend("to another client\r\n"u8);  // each has its own header before the same body

        ReadOnlySequence<byte> bytes = first.AsSequence();
        first.TrimStart(bytes.Length - 10);         // sent: the header's block is free, and the body lives for both
        #endregion

        Assert.Equal(2, body.RefCount);
        Assert.Equal(10, first.Length);
        Assert.Equal(1019, second.Length);
    }

    [Fact]
    public void WhatIsWrittenIsHandedOnUncopied()
    {
        #region membuf-writer
        using var heap = new MembufHeap();
        using var writer = new MembufWriter(heap);
        using (var json = new Utf8JsonWriter(writer))
        {
            JsonSerializer.Serialize(json, new[] { 1, 2, 3 });
        }

        using MembufChain chain = writer.TakeChain();   // in the blocks it was written to
        chain.Prepend("data: "u8);
        #endregion

        Assert.Equal("data: [1,2,3]"u8.ToArray(), chain.AsSequence().ToArray());
    }

    [Fact]
    public async Task AChannelHandsReferencesOver()
    {
        int received = 0;

        #region membuf-channel-dropping
        using var heap = new MembufHeap();
        var channel = Channel.CreateBounded<MembufRef>(
            new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest },
            dropped => dropped.Deref());                 // what does not fit is given back here, and nowhere else

        MembufRef frame = heap.AllocRef(64 * 1024);
        frame.Ref();                                     // one for the reader: it goes into the channel by value
        if (!channel.Writer.TryWrite(frame))
        {
            frame.Deref();                               // completed: it is still ours
        }

        frame.Deref();                                   // and the writer's own
        channel.Writer.Complete();

        await foreach (MembufRef membuf in channel.Reader.ReadAllAsync())
        {
            received++;
            membuf.Deref();                              // the last reference, on whatever thread
        }

        #endregion

        Assert.Equal(1, received);
        Assert.Equal(0, heap.GetReport().Blocks);
    }
}
