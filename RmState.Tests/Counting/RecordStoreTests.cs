using Rm.Counting;
using Rm.Sites;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>Records of a stride of their own: none reaches into its neighbour, and each comes back clean.</summary>
public sealed unsafe class RecordStoreTests : LeakChecked
{
    private const int Many = 2000;

    [Theory]
    [InlineData(0)]
    [InlineData(16 + 16)]
    [InlineData(16 + (64 * 16))]
    public void RecordsLieAStrideApartAndStay(int stride)
    {
        int bytes = stride == 0 ? sizeof(HistoryRing) : stride;
        CountingTableMemory memory = NewTableMemory();
        var store = new RecordStore<HistoryRing>(memory, stride);
        List<nint> places = [];
        for (uint i = 1; i <= Many; i++)
        {
            Assert.Equal(i, store.Take());
            Fill(store, i, bytes, (byte)i);
            places.Add((nint)store.At(i));
        }

        for (uint i = 1; i <= Many; i++)
        {
            Assert.Equal(places[(int)i - 1], (nint)store.At(i));
            Assert.True(Bytes(store, i, bytes).IndexOfAnyExcept((byte)i) < 0, $"record {i} was overwritten");
        }

        Assert.Equal(bytes, places.Zip(places.Skip(1)).Min(pair => Math.Abs(pair.Second - pair.First)));
        Assert.Equal(Many, store.InUse);
        Assert.Equal(memory.Areas.Sum(a => (long)a.Bytes), store.Bytes);
        store.Release();
        Assert.Equal(0, store.InUse);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16 + (8 * 16))]
    public void FreedRecordComesBackClean(int stride)
    {
        int bytes = stride == 0 ? sizeof(HistoryRing) : stride;
        var store = new RecordStore<HistoryRing>(NewTableMemory(), stride);
        for (uint i = 1; i <= 600; i++)
        {
            store.Take();
            Fill(store, i, bytes, 0xFF);
        }

        foreach (uint i in (uint[])[7, 600, 1])
        {
            store.Free(i);
        }

        Assert.Equal(597, store.InUse);
        foreach (uint i in (uint[])[1, 600, 7])
        {
            Assert.Equal(i, store.Take());
            Assert.True(Bytes(store, i, bytes).IndexOfAnyExcept((byte)0) < 0, $"record {i} came back with old contents");
        }

        Assert.Equal(601u, store.Take());
        store.Clear();
        Assert.Equal(0, store.InUse);
        Assert.False(store.IsValid(1));
        Assert.Equal(1u, store.Take());
        Assert.True(Bytes(store, 1, bytes).IndexOfAnyExcept((byte)0) < 0, "a record came back with old contents after Clear");
        store.Release();
    }

    [Fact]
    public void WithoutMemoryNothingIsTaken()
    {
        var plan = new FaultPlan();
        var store = new RecordStore<HistoryRing>(NewTableMemory(plan), 32);
        plan.FailFromNow();
        Assert.Equal(0u, store.Take());
        Assert.False(store.HasSpare());
        plan.Stop();
        Assert.Equal(1u, store.Take());
        plan.FailFromNow();
        while (store.Take() != 0)
        {
            Assert.True(store.InUse <= Many);
        }

        Assert.Equal(RecordStore<HistoryRing>.ChunkLength - 1, store.InUse);
        store.Free(5);
        Assert.True(store.HasSpare());
        Assert.Equal(5u, store.Take());
        store.Release();
    }

    private static void Fill(RecordStore<HistoryRing> store, uint index, int bytes, byte value) => Bytes(store, index, bytes).Fill(value);

    private static Span<byte> Bytes(RecordStore<HistoryRing> store, uint index, int bytes) => new(store.At(index), bytes);
}
