using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Traces;

/// <summary>Valid traces read as what they say; each broken rule of the format is named with its place.</summary>
public sealed class TraceReaderTests
{
    private static readonly Dictionary<string, Func<byte[]>> Broken = new(StringComparer.Ordinal)
    {
        ["free of a dead object"] = () => AfterOne(w => { w.Free(0); w.Free(0); }),
        ["realloc of a dead object"] = () => AfterOne(w => { w.Free(0); w.Realloc(0, 1); }),
        ["free after realloc"] = () => AfterOne(w => { w.Realloc(0, 9); w.Free(0); }),
        ["free of nothing"] = () => AfterOne(w => w.Event(3, 0)),
        ["free before the first"] = () => AfterOne(w => w.Event(3, 2)),
        ["realloc before the first"] = () => Written(w => w.Event(2, 1, 8)),
        ["far back"] = () => AfterOne(w => w.Event(3, ulong.MaxValue)),
        ["unknown op"] = () => AfterOne(w => w.Event(5, 1)),
        ["highest op"] = () => Written(w => w.Event(7, 1)),
        ["thread order"] = () => AfterOne(w => w.Malloc(8, thread: 2)),
        ["first thread"] = () => Written(w => w.Malloc(8, thread: 1)),
        ["alignment"] = () => Written(w => w.Aligned(41, 8)),
        ["absurd size"] = () => Written(w => w.Malloc(ulong.MaxValue)),
        ["absurd sum"] = () => Written(w => { w.Malloc(1UL << 56); w.Malloc(1UL << 56); }),
        ["long varint"] = () => Bytes(1, 0x00, 0xA0, 0x00),
        ["long zero"] = () => Bytes(1, 0x80, 0x00, 0x20),
        ["wide varint"] = () => Bytes(1, [0x00, .. Enumerable.Repeat((byte)0xFF, 9), 0x02]),
        ["endless varint"] = () => Bytes(1, [0x00, .. Enumerable.Repeat((byte)0x80, 100)]),
        ["more events than promised"] = () => Bytes(1, 0x00, 0x20, 0x00),
        ["fewer events than promised"] = () => Bytes(2, 0x00, 0x20),
        ["cut event"] = () => Bytes(1, 0x00),
        ["lying header"] = () => Bytes(ulong.MaxValue, 0x00, 0x20),
        ["plausible lie"] = () => Bytes(TraceReader.MaxEvents, 0x00, 0x20),
    };

    [Fact]
    public void ExampleOfTheFormatReadsAsDescribed()
    {
        byte[] example = Convert.FromHexString("524D543101000000" + "0300000000000000" + "0020" + "0A01C801" + "0301");

        Assert.Equal(
            [
                new TraceEvent { Op = TraceOp.Malloc, Allocated = 0, Released = TraceEvent.None, Size = 32 },
                new TraceEvent { Op = TraceOp.Realloc, Thread = 1, Allocated = 1, Released = 0, Size = 200, ReleasedSize = 32 },
                new TraceEvent { Op = TraceOp.Free, Allocated = TraceEvent.None, Released = 1, ReleasedSize = 200 },
            ],
            TraceFiles.Read(example));
        Assert.Equal(TraceFiles.Read(example), TraceFiles.Read(TraceWriter.Gzip(example)));
    }

    [Fact]
    public void EveryCallIsRead()
    {
        var writer = new TraceWriter();
        int first = writer.Malloc(0);
        int second = writer.Calloc(70_000, thread: 1);
        int third = writer.Realloc(null, 1UL << 40);
        int fourth = writer.Aligned(40, 5, thread: 2);
        int fifth = writer.Realloc(second, 127);
        writer.Free(first);
        writer.Free(fifth, thread: 1);

        Assert.Equal(
            [
                (TraceOp.Malloc, 0, 0, -1, 0, 0),
                (TraceOp.Calloc, 1, 1, -1, 70_000, 0),
                (TraceOp.Realloc, 0, third, -1, 1UL << 40, 0),
                (TraceOp.Aligned, 2, fourth, -1, 5, 40),
                (TraceOp.Realloc, 0, fifth, second, 127, 0),
                (TraceOp.Free, 0, -1, first, 0, 0),
                (TraceOp.Free, 1, -1, fifth, 0, 0),
            ],
            TraceFiles.Read(writer.ToArray()).Select(e => (e.Op, (int)e.Thread, e.Allocated, e.Released, e.Size, e.AlignmentLog2)));
    }

    [Fact]
    public void EmptyTraceIsValid() => Assert.Empty(TraceFiles.Read(new TraceWriter().ToArray()));

    [Fact]
    public void StatisticsAreThoseOfTheEvents()
    {
        var writer = new TraceWriter();
        int a = writer.Malloc(100);
        int b = writer.Calloc(50);
        a = writer.Realloc(a, 300);
        writer.Free(b);
        int c = writer.Aligned(6, 10, thread: 1);
        writer.Realloc(null, 7);
        writer.Free(c);

        using TraceBytes bytes = TraceFiles.Bytes(writer.ToArray());
        var statistics = TraceStatistics.Of(new TraceReader(bytes));

        Assert.Equal((7, 2, 5), (statistics.Events, statistics.Threads, statistics.Objects));
        Assert.Equal((1, 1, 2, 2, 1), (statistics.Mallocs, statistics.Callocs, statistics.Reallocs, statistics.Frees, statistics.AlignedAllocations));
        Assert.Equal(1, statistics.Resizes);
        Assert.Equal(467u, statistics.BytesRequested);
        Assert.Equal((350u, 3), (statistics.PeakLiveBytes, statistics.PeakLiveObjects));
        Assert.Equal((307u, 2), (statistics.LiveBytes, statistics.LiveObjects));
        Assert.Equal(a + 3, statistics.Objects);
    }

    [Theory]
    [InlineData("free of a dead object", "t.rmt: event 2 at byte 20: free of object 0, which is dead")]
    [InlineData("realloc of a dead object", "t.rmt: event 2 at byte 20: realloc of object 0, which is dead")]
    [InlineData("free after realloc", "t.rmt: event 2 at byte 21: free of object 0, which is dead")]
    [InlineData("free of nothing", "t.rmt: event 1 at byte 18: free of the object 0 back, and there are 1")]
    [InlineData("free before the first", "t.rmt: event 1 at byte 18: free of the object 2 back, and there are 1")]
    [InlineData("realloc before the first", "t.rmt: event 0 at byte 16: realloc of the object 1 back, and there are 0")]
    [InlineData("far back", "t.rmt: event 1 at byte 18: free of the object 18446744073709551615 back, and there are 1")]
    [InlineData("unknown op", "t.rmt: event 1 at byte 18: op 5 does not exist")]
    [InlineData("highest op", "t.rmt: event 0 at byte 16: op 7 does not exist")]
    [InlineData("thread order", "t.rmt: event 1 at byte 18: thread 2 appears before thread 1")]
    [InlineData("first thread", "t.rmt: event 0 at byte 16: thread 1 appears before thread 0")]
    [InlineData("alignment", "t.rmt: event 0 at byte 16: alignment 2^41; 2^40 is the most")]
    [InlineData("absurd size", "t.rmt: event 0 at byte 16: 18446744073709551615 bytes more make over 2^56 live ones")]
    [InlineData("absurd sum", "t.rmt: event 1 at byte 26: 72057594037927936 bytes more make over 2^56 live ones")]
    [InlineData("long varint", "t.rmt: event 0 at byte 16: a varint that is not in its shortest form")]
    [InlineData("long zero", "t.rmt: event 0 at byte 16: a varint that is not in its shortest form")]
    [InlineData("wide varint", "t.rmt: event 0 at byte 16: a varint of more than 64 bits")]
    [InlineData("endless varint", "t.rmt: event 0 at byte 16: a varint of more than 64 bits")]
    [InlineData("more events than promised", "t.rmt: byte 18: the file goes on after event 0, the last of the 1 in its header")]
    [InlineData("fewer events than promised", "t.rmt: cut short: ends at byte 18 after 1 of the 2 events in its header")]
    [InlineData("cut event", "t.rmt: cut short: ends at byte 17 within event 0 of the 1 in its header")]
    [InlineData("lying header", "t.rmt: the header says 18446744073709551615 events; more than 67108864 are not supported")]
    [InlineData("plausible lie", "t.rmt: cut short: ends at byte 18 after 1 of the 67108864 events in its header")]
    public void BrokenRuleIsNamedWithItsPlace(string kind, string message) => Assert.Equal(message, TraceFiles.Failure(Broken[kind]()));

    [Theory]
    [InlineData("", "t.rmt: not an RMT1 trace")]
    [InlineData("524D54", "t.rmt: not an RMT1 trace")]
    [InlineData("7F454C4602010100000000000000000000", "t.rmt: not an RMT1 trace")]
    [InlineData("524D543201000000" + "0000000000000000", "t.rmt: not an RMT1 trace")]
    [InlineData("524D543101000000" + "00000000000000", "t.rmt: cut short: ends within the header, after byte 15")]
    [InlineData("524D543102000000" + "0000000000000000", "t.rmt: version 2 of the trace format; this reader knows version 1")]
    public void ForeignFileIsRefused(string hex, string message) =>
        Assert.Equal(message, TraceFiles.Failure(Convert.FromHexString(hex)));

    [Fact]
    public void HugePromiseReservesNothing()
    {
        byte[] lie = new TraceWriter { PromisedEvents = TraceReader.MaxEvents }.ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();

        using (TraceBytes bytes = TraceFiles.Bytes(lie))
        {
            Assert.Throws<TraceException>(() => Rm.Tool.Replay.ReplayScript.Load(new TraceReader(bytes)));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    private static byte[] Bytes(ulong promised, params byte[] events)
    {
        var writer = new TraceWriter { PromisedEvents = promised };
        writer.Raw(events);
        return writer.ToArray();
    }

    private static byte[] AfterOne(Action<TraceWriter> write) => Written(w =>
    {
        w.Malloc(8);
        write(w);
    });

    private static byte[] Written(Action<TraceWriter> write)
    {
        var writer = new TraceWriter();
        write(writer);
        return writer.ToArray();
    }
}
