using System.Runtime.InteropServices;
using System.Threading.Channels;
using Rm.Membufs;
using Rm.Violations;

namespace Rm.Tests.Samples;

/// <summary>Membufs as docs/from-membuf.md and docs/threads.md show them.</summary>
public sealed unsafe class MembufSample
{
    private static int _ended;

    [Fact]
    public void ABlockIsPassedOn()
    {
        #region membuf-basics
        using var heap = new MembufHeap();

        nint packet = heap.Alloc(1500);       // one reference, ours
        heap.Ref(packet);                     // two
        long left = heap.Deref(packet);       // 1
        left = heap.Deref(ref packet);        // 0: gone, and the variable is null
        #endregion

        Assert.Equal(0, left);
        Assert.Equal(0, packet);
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public void TwoThreadsShareABlock()
    {
        nint seen = 0;
        #region membuf-two-threads
        using var heap = new MembufHeap();
        nint packet = heap.Alloc(1500);

        heap.Ref(packet);                     // for the other thread
        var consumer = new Thread(() =>
        {
            Read(packet);
            heap.Deref(packet);               // whoever is last ends it
        });
        consumer.Start();

        Read(packet);
        heap.Deref(packet);
        #endregion

        consumer.Join();
        heap.Settle();
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        Assert.NotEqual(0, seen);

        void Read(nint block) => seen = block;
    }

    [Fact]
    public void AHandleGoesThroughAChannel()
    {
        int sum = 0;
        #region membuf-channel
        using var heap = new MembufHeap();
        Channel<MembufRef> channel = Channel.CreateBounded<MembufRef>(16);

        var producer = new Thread(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                MembufRef frame = heap.AllocRef(64);
                *(int*)frame.Block = i;
                channel.Writer.WriteAsync(frame).AsTask().Wait();   // the reference goes with it
            }

            channel.Writer.Complete();
            heap.Detach();                                          // this thread's memory is for the next one
        });
        producer.Start();

        foreach (MembufRef frame in channel.Reader.ReadAllAsync().ToBlockingEnumerable())
        {
            sum += *(int*)frame.Block;
            frame.Deref();
        }
        #endregion

        producer.Join();
        Assert.Equal(499_500, sum);
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public void AStateHoldsAMembuf()
    {
        #region membuf-state
        using var heap = new MembufHeap();
        using var state = new RmState();              // this thread's

        nint frame = heap.Alloc(4096);
        state.RmAttach(frame, block => heap.Deref(block), 4096);

        state.RmRetain(frame);                        // holders on this thread: the state's matter
        state.RmRelease(frame);
        state.RmRelease(frame);                       // the last one here: the heap gets its reference back
        #endregion

        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public void AHandleGoesStale()
    {
        bool caught = false;
        #region membuf-stale
        using var heap = new MembufHeap();
        MembufRef handle = heap.AllocRef(100);
        handle.Deref();

        nint other = heap.Alloc(100);         // has the same place now
        try
        {
            handle.Ref();
        }
        catch (StaleReferenceException)
        {
            caught = true;                    // the handle is of the block that is gone
        }
        #endregion

        Assert.True(caught);
        Assert.Equal(1, heap.RefCount(other));
        heap.Deref(other);
    }

    [Fact]
    public void SomethingIsDoneAtTheEnd()
    {
        _ended = 0;
        int bytes = 0;
        #region membuf-onfree
        using var heap = new MembufHeap();

        // A native function, or one that native code could call:
        nint socket = heap.Alloc(64, alignment: 0, &CloseSocket);

        // Or a policy, registered once and named by number in each block:
        MembufPolicy counted = heap.Register((block, size) => bytes += (int)size, "counted");
        nint buffer = heap.Alloc(4096, alignment: 4096, counted);

        heap.Deref(socket);                   // CloseSocket(socket) has run
        heap.Deref(buffer);
        #endregion

        Assert.Equal(1, _ended);
        Assert.Equal(4096, bytes);
    }

    [Fact]
    public void BlocksOutliveTheirThread()
    {
        #region membuf-detach
        using var heap = new MembufHeap();
        nint block = 0;
        var worker = new Thread(() =>
        {
            block = heap.Alloc(1000);
            heap.Detach();                    // before a thread ends: the next one takes its memory over
        });
        worker.Start();
        worker.Join();

        long left = heap.Deref(block);        // 0, and the memory is free at once
        #endregion

        Assert.Equal(0, left);
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        Assert.Equal(1, heap.Statistics.Orphans);
    }

    [UnmanagedCallersOnly]
    private static void CloseSocket(nint block) => _ended++;
}
