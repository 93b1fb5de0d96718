namespace Rm.Tests.Membufs.Histories;

/// <summary>Known small programs whose possible ends under total store order are known, and whose orders can be counted by hand.</summary>
public sealed unsafe class LitmusTests
{
    [Theory]
    [InlineData(false, MemoryFlaws.None, "0 0|0 1|1 0|1 1")]
    [InlineData(true, MemoryFlaws.None, "0 1|1 0|1 1")]
    [InlineData(true, MemoryFlaws.NoFence, "0 0|0 1|1 0|1 1")]
    internal void StoresWaitInBuffersUnlessFenced(bool fenced, MemoryFlaws flaws, string ends)
    {
        foreach (Reduction reduction in Enum.GetValues<Reduction>())
        {
            Exploration exploration = new Explorer(Dekker(fenced), reduction, flaws).Run();
            Assert.Equal(ends, string.Join('|', exploration.Ends.Order(StringComparer.Ordinal)));
        }
    }

    /// <summary>A thread's store and its buffer's flush keep their order, the load may come anywhere after the store.</summary>
    [Theory]
    [InlineData(false, 80)] // 2 orders of flush and load a thread, 6 over 3 ways to mix two times three steps
    [InlineData(true, 70)] // 8 over 4: all four steps of a thread are in order
    public void OrdersAreAsManyAsCountedByHand(bool fenced, int orders)
    {
        Exploration all = new Explorer(Dekker(fenced), Reduction.None).Run();
        Exploration byState = new Explorer(Dekker(fenced), Reduction.States).Run();
        Exploration fewest = new Explorer(Dekker(fenced)).Run();
        Assert.Equal((orders, orders), (all.Orders, byState.Orders));
        Assert.InRange(fewest.Orders, 1, orders - 1);
        Assert.InRange(byState.Steps, 1, all.Steps - 1);
    }

    [Theory]
    [InlineData(1, 1, 0, 2)]
    [InlineData(2, 2, 0, 6)]
    [InlineData(3, 3, 0, 20)]
    [InlineData(2, 2, 2, 90)] // 6! / (2! 2! 2!)
    [InlineData(3, 2, 1, 60)] // 6! / (3! 2! 1!)
    public void AtomicStepsMixInAsManyOrdersAsCounted(int first, int second, int third, int orders)
    {
        foreach (Reduction reduction in (Reduction[])[Reduction.None, Reduction.States])
        {
            var places = new Places();
            nint sum = places.Take("sum", sizeof(long));
            Operation[][] scripts =
                [.. new[] { first, second, third }.Where(n => n > 0).Select(n => Enumerable.Repeat(Add(sum, 1), n).ToArray())];
            Assert.Equal(orders, new Explorer(new History("adding", places, new ResultsJudge(), scripts), reduction).Run().Orders);
        }
    }

    [Theory]
    [InlineData(MemoryFlaws.None, "3")]
    [InlineData(MemoryFlaws.TornAdd, "1|2|3")]
    internal void TornAdditionsLoseUpdates(MemoryFlaws flaws, string ends)
    {
        var places = new Places();
        nint sum = places.Take("sum", sizeof(long));
        var last = new Operation("read", () =>
        {
            ScheduledMemory.Join();
            return ScheduledMemory.Load((long*)sum);
        });
        var history = new History("adding", places, new ResultsJudge(last), [Add(sum, 1), last], [Add(sum, 1)], [Add(sum, 1)]);
        Assert.Equal(ends, string.Join('|', new Explorer(history, flaws: flaws).Run().Ends.Order(StringComparer.Ordinal)));
    }

    /// <summary>What a thread stored before its flag is seen by whoever sees the flag.</summary>
    [Fact]
    public void StoresAreSeenInTheirOrder()
    {
        var places = new Places();
        nint data = places.Take("data", sizeof(int));
        nint flag = places.Take("flag", sizeof(long));
        var write = new Operation("write", () =>
        {
            ScheduledMemory.Store((int*)data, 7);
            ScheduledMemory.Store((long*)flag, 1);
            return 0;
        });
        var read = new Operation("read", () =>
        {
            _ = ScheduledMemory.Await((long*)flag);
            return ScheduledMemory.Load((int*)data);
        });
        Assert.Equal("7", Assert.Single(new Explorer(new History("message", places, new ResultsJudge(read), [write], [read])).Run().Ends));
    }

    /// <summary>A narrow store changes its bytes alone, for its own thread in the buffer already.</summary>
    [Fact]
    public void NarrowStoresLeaveTheirNeighbours()
    {
        var places = new Places();
        nint word = places.Take("word", sizeof(ulong));
        *(ulong*)word = 0x1122_3344_5566_7788;
        var write = new Operation("write", () =>
        {
            ScheduledMemory.Store((byte*)word + 1, 0xAB);
            ScheduledMemory.Store((int*)word + 1, -1);
            return (long)ScheduledMemory.Load((ulong*)word);
        });
        var read = new Operation("read", () =>
        {
            ScheduledMemory.Join();
            return ScheduledMemory.Load((byte*)word + 1) + ScheduledMemory.Load((int*)word);
        });
        Exploration exploration = new Explorer(new History("bytes", places, new ResultsJudge(write, read), [write], [read])).Run();
        Assert.Equal($"{0xFFFF_FFFF_5566_AB88} {0xAB + 0x5566_AB88}", Assert.Single(exploration.Ends));
    }

    [Fact]
    public void AThreadThatCanNeverGoOnIsComplainedOf()
    {
        var places = new Places();
        nint flag = places.Take("flag", sizeof(long));
        var wait = new Operation("wait", () => ScheduledMemory.Await((long*)flag));
        Exploration exploration = new Explorer(new History("waiting", places, new ResultsJudge(), [wait])).Run();
        Assert.EndsWith("=> nobody can go on\n", exploration.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void AnOperationWithoutEndIsComplainedOf()
    {
        var places = new Places();
        nint flag = places.Take("flag", sizeof(long));
        var spin = new Operation("spin", () =>
        {
            while (ScheduledMemory.Load((long*)flag) == 0)
            {
            }

            return 0;
        });
        Exploration exploration = new Explorer(new History("spinning", places, new ResultsJudge(), [spin])).Run();
        Assert.EndsWith("=> breaks: the operation has no end\n", exploration.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void WritesThatGoRoundTheInterfaceAreComplainedOf()
    {
        var places = new Places();
        nint flag = places.Take("flag", sizeof(long));
        var write = new Operation("write", () => ++*(long*)flag);
        Exploration exploration = new Explorer(new History("bypass", places, new ResultsJudge(), [write])).Run();
        Assert.EndsWith("=> breaks: memory was written past the interface\n", exploration.Failure, StringComparison.Ordinal);
    }

    private static Operation Add(nint place, long amount) => new("add", () => ScheduledMemory.Add((long*)place, amount));

    private static History Dekker(bool fenced)
    {
        var places = new Places();
        nint x = places.Take("x", sizeof(long));
        nint y = places.Take("y", sizeof(long));
        Operation first = Cross("first", x, y);
        Operation second = Cross("second", y, x);
        return new History("store buffering", places, new ResultsJudge(first, second), [first], [second]);

        Operation Cross(string name, nint mine, nint other) => new(name, () =>
        {
            ScheduledMemory.Store((long*)mine, 1);
            if (fenced)
            {
                ScheduledMemory.Fence();
            }

            return ScheduledMemory.Load((long*)other);
        });
    }
}
