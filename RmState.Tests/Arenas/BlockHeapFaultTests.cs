using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>Every call to the system that a block heap's life makes fails in turn; nothing may leak, change or be lost by it.</summary>
public sealed unsafe class BlockHeapFaultTests : LeakChecked
{
    private const int PerBlock = 100;

    [Theory]
    [InlineData(false, MemoryKind.Native)]
    [InlineData(true, MemoryKind.Native)]
    [InlineData(false, MemoryKind.Windows)]
    [InlineData(true, MemoryKind.Windows)]
    [InlineData(true, MemoryKind.NoReservations)]
    internal void EveryCallToTheSystemFailsInTurn(bool persistent, MemoryKind kind)
    {
        long failed = 0;
        for (long n = 1; ; n++)
        {
            var plan = new FaultPlan { FailAt = n, Persistent = persistent };
            FaultyVirtualMemory memory = NewVirtualMemory(plan, kind);
            failed += Live(plan, memory);
            if (plan.Refused == 0)
            {
                Assert.True(n > 12, $"only {n} calls");
                break;
            }
        }

        Assert.True(failed > 0);
    }

    /// <summary>Makes, fills, drains, trims and ends a heap.</summary>
    /// <returns>How many calls failed.</returns>
    private static long Live(FaultPlan plan, FaultyVirtualMemory memory)
    {
        if (!TryMake(memory, out Arena? arena, out BlockHeap? heap))
        {
            // Who has no memory for a start has taken nothing.
            return 1;
        }

        using (arena)
        using (heap)
        {
            long failed = 0;
            var live = new List<nint>();
            for (int i = 0; i < 10 * PerBlock; i++)
            {
                PoolUsage before = heap.Usage;
                if (heap.TryAlloc(out nint element))
                {
                    Assert.Equal(-1, new Span<byte>((void*)element, 2000).IndexOfAnyExcept((byte)0));
                    new Span<byte>((void*)element, 2000).Fill(0x77);
                    live.Add(element);
                }
                else
                {
                    failed++;
                    plan.Stop();
                    Assert.Equal(before.LiveBlocks, heap.Usage.LiveBlocks);
                    heap.Verify();
                    arena.Verify();
                }

                if (i % 250 == 249)
                {
                    Thin(heap, live);
                }
            }

            Assert.Equal(live.Count, heap.Usage.LiveBlocks);
            Assert.All(live, e => Assert.Equal(-1, new Span<byte>((void*)e, 2000).IndexOfAnyExcept((byte)0x77)));
            live.ForEach(heap.Free);
            heap.Verify();
            arena.Verify();
            return failed;
        }
    }

    private static bool TryMake(FaultyVirtualMemory memory, out Arena arena, out BlockHeap heap)
    {
        arena = null!;
        heap = null!;
        try
        {
            arena = new Arena(new ArenaOptions { Memory = memory, ChunkSize = 1 << 20 });
            heap = BlockHeap.Create(2000, PerBlock, new BlockHeapOptions { Arena = arena });
            return true;
        }
        catch (OutOfMemoryException)
        {
            Assert.Empty(arena?.Pools ?? []);
            arena?.Dispose();
            return false;
        }
    }

    private static void Thin(BlockHeap heap, List<nint> live)
    {
        for (int i = live.Count - 1; i >= 0; i--)
        {
            if (i % 8 != 0)
            {
                heap.Free(live[i]);
                live.RemoveAt(i);
            }
        }

        _ = heap.Trim();
        heap.Verify();
    }
}
