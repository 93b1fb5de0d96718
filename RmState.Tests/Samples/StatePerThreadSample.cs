namespace Rm.Tests.Samples;

/// <summary>A state belongs to one thread at a time, so each thread has one and none waits for another.</summary>
public sealed class StatePerThreadSample
{
    [Fact]
    public void EachThreadHasItsOwn()
    {
        long[] freed = new long[2];

        #region state-per-thread
        void Work(int thread)
        {
            using var state = new RmState(new RmStateOptions { Name = $"worker {thread}" });
            for (int i = 0; i < 1000; i++)
            {
                nint block = state.RmMalloc(256);   // count 1
                state.RmRetain(block);              // somebody else holds it too: 2
                state.RmRelease(block);             // 1
                state.RmRelease(block);             // 0: the block is freed
            }

            freed[thread] = state.Statistics.Frees;
        }

        Thread[] threads = [new(() => Work(0)), new(() => Work(1))];
        #endregion

        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.Equal([1000, 1000], freed);
    }

    [Fact]
    public void AThreadLocalStateServesPoolThreads()
    {
        #region state-thread-local
        using var states = new ThreadLocal<RmState>(() => new RmState(), trackAllValues: true);

        Parallel.For(0, 100, _ =>
        {
            RmState state = states.Value!;
            nint scratch = state.RmMalloc(4096);
            state.RmRelease(scratch);
        });

        foreach (RmState state in states.Values)
        {
            state.Dispose();
        }

        #endregion

        Assert.NotEmpty(states.Values);
        Assert.Equal(100, states.Values.Sum(s => s.Statistics.Frees));
    }
}
