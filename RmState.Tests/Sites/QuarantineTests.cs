using Rm.Counting;
using Rm.Sites;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Sites;

/// <summary>The ring of records of blocks that went: oldest out first, whatever its length.</summary>
public sealed unsafe class QuarantineTests : LeakChecked
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(64)]
    public void OldestLeavesForTheYoungestOnceItIsFull(int length)
    {
        var quarantine = new Quarantine(NewTableMemory(), length);
        for (uint record = 1; record <= 300; record++)
        {
            Assert.Equal(record <= (uint)length ? 0 : record - (uint)length, quarantine.Add(record));
            Assert.Equal((int)Math.Min(record, (uint)length), quarantine.Count);
        }

        quarantine.Release();
        Assert.Equal(0, quarantine.Count);
    }

    [Fact]
    public void LengthZeroTakesNothingAndNoMemory()
    {
        var quarantine = new Quarantine(NewTableMemory(new FaultPlan { FailAt = 1, Persistent = true }), 0);

        Assert.Equal(7u, quarantine.Add(7));
        Assert.Equal(8u, quarantine.Add(8));
        Assert.Equal(0, quarantine.Count);

        quarantine.Release();
    }

    [Fact]
    public void WithoutMemoryARecordLeavesAtOnce()
    {
        var plan = new FaultPlan { FailAt = 1 };
        var quarantine = new Quarantine(NewTableMemory(plan), 2);

        Assert.Equal(7u, quarantine.Add(7));
        Assert.Equal(0, quarantine.Count);
        Assert.Equal(0u, quarantine.Add(8));
        Assert.Equal(1, plan.Refused);

        quarantine.Release();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    public void FindsTheYoungestOfAnAddressWhereverTheRingBegins(int length)
    {
        CountingTableMemory memory = NewTableMemory();
        var records = new RecordStore<SideRecord>(memory);
        var quarantine = new Quarantine(memory, length);
        Queue<(uint Record, nint Address)> model = new();
        for (int i = 0; i < 60; i++)
        {
            nint address = Fakes.Address(i % 4);
            uint record = records.Take();
            records.At(record)->Address = address;
            records.At(record)->Size = SideRecord.UnknownSize;
            uint leaving = quarantine.Add(record);
            model.Enqueue((record, address));
            if (model.Count > length)
            {
                Assert.Equal(model.Dequeue().Record, leaving);
                records.Free(leaving);
            }

            for (int n = 0; n < 5; n++)
            {
                uint expected = model.LastOrDefault(r => r.Address == Fakes.Address(n)).Record;
                Assert.Equal(expected, quarantine.Find(records, Fakes.Address(n), inside: false));
            }
        }

        quarantine.Clear();
        Assert.Equal(0u, quarantine.Find(records, Fakes.Address(0), inside: false));
        quarantine.Release();
        records.Release();
    }

    [Fact]
    public void InsideIsFromTheFirstByteToTheLast()
    {
        CountingTableMemory memory = NewTableMemory();
        var records = new RecordStore<SideRecord>(memory);
        var quarantine = new Quarantine(memory, 8);
        uint sized = Buried(records, quarantine, Fakes.Address(10), 48);
        uint empty = Buried(records, quarantine, Fakes.Address(20), 0);
        uint unsized = Buried(records, quarantine, Fakes.Address(30), SideRecord.UnknownSize);

        Assert.Equal(sized, quarantine.Find(records, Fakes.Address(10), inside: true));
        Assert.Equal(sized, quarantine.Find(records, Fakes.Address(10) + 47, inside: true));
        Assert.Equal(0u, quarantine.Find(records, Fakes.Address(10) + 47, inside: false));
        Assert.Equal(0u, quarantine.Find(records, Fakes.Address(10) + 48, inside: true));
        Assert.Equal(0u, quarantine.Find(records, Fakes.Address(10) - 1, inside: true));
        Assert.Equal(empty, quarantine.Find(records, Fakes.Address(20), inside: true));
        Assert.Equal(0u, quarantine.Find(records, Fakes.Address(20) + 1, inside: true));
        Assert.Equal(unsized, quarantine.Find(records, Fakes.Address(30), inside: true));
        Assert.Equal(0u, quarantine.Find(records, Fakes.Address(30) + 1, inside: true));

        quarantine.Release();
        records.Release();
    }

    private static uint Buried(RecordStore<SideRecord> records, Quarantine quarantine, nint address, nuint size)
    {
        uint record = records.Take();
        records.At(record)->Address = address;
        records.At(record)->Size = size;
        Assert.Equal(0u, quarantine.Add(record));
        return record;
    }
}
