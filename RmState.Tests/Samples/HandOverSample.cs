using System.Collections.Concurrent;
using Rm.Arenas;
using Rm.Interop;

namespace Rm.Tests.Samples;

/// <summary>Blocks that go from a thread's state to another's, and references that come back.</summary>
public sealed class HandOverSample
{
    [Fact]
    public void AProducerHandsItsBlocksToAConsumer()
    {
        long consumed = 0;

        #region hand-over
        using var arena = new Arena();
        using var decoder = new RmState(new RmStateOptions { Allocator = arena.CreateHeap() });
        using var player = new RmState();
        var toPlayer = new RmInbox(player);      // the player's address, for other threads
        using var frames = new BlockingCollection<nint>();

        var playing = new Thread(() =>
        {
            foreach (nint frame in frames.GetConsumingEnumerable())
            {
                player.RmReceive();              // takes in what came: the frame has its count here now
                consumed += (long)player.RmSize(frame);
                player.RmRelease(frame);         // 0: the frame goes home to the decoder's heap
            }
        });
        playing.Start();

        for (int i = 0; i < 100; i++)
        {
            nint frame = decoder.RmMalloc(4096);
            decoder.RmTransferTo(frame, toPlayer);   // with all its references; the decoder forgets it
            frames.Add(frame);
            decoder.RmReceive();                     // frees the frames that came home
        }

        frames.CompleteAdding();
        playing.Join();
        decoder.RmReceive();
        #endregion

        Assert.Equal(409_600, consumed);
        Assert.Equal(0, Assert.Single(arena.Pools).Usage.LiveBlocks);
        Assert.Equal(100, player.Statistics.Frees);
    }

    [Fact]
    public void AWorkerGivesBackItsReference()
    {
        #region give-back-reference
        using var state = new RmState();
        var inbox = new RmInbox(state);
        nint job = state.RmMalloc(256);
        state.RmRetain(job);                     // one reference for the worker

        var worker = new Thread(() => inbox.RmGiveBack(job));
        worker.Start();
        worker.Join();

        long before = state.RmCount(job);        // 2: the state has not received yet
        int received = state.RmReceive();        // 1
        long after = state.RmRelease(job);       // 0
        #endregion

        Assert.Equal((2L, 1, 0L), (before, received, after));
    }
}
