using Rm.Counting;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>Side records: never moved, reused once free, zeroed when taken.</summary>
public sealed unsafe class SideRecordTests : LeakChecked
{
    [Fact]
    public void RecordsAreDistinctZeroAndStay()
    {
        CountingTableMemory memory = NewTableMemory();
        var records = new RecordStore<SideRecord>(memory);
        List<(uint Index, nint Address)> taken = [];
        for (int i = 0; i < 3000; i++)
        {
            uint index = records.Take();
            SideRecord* record = records.At(index);
            Assert.NotEqual(0u, index);
            Assert.Equal((0, 0L, (nuint)0), (record->Address, record->Count, record->Size));
            record->Address = i + 1;
            taken.Add((index, (nint)record));
        }

        Assert.Equal(3000, taken.Select(t => t.Index).Distinct().Count());
        for (int i = 0; i < 3000; i++)
        {
            Assert.Equal(taken[i].Address, (nint)records.At(taken[i].Index));
            Assert.Equal(i + 1, records.At(taken[i].Index)->Address);
        }

        Assert.Equal(3000, records.InUse);
        records.Release();
        Assert.Equal(0, memory.Outstanding);
    }

    [Fact]
    public void FreedRecordsAreTakenAgainAndZero()
    {
        CountingTableMemory memory = NewTableMemory();
        var records = new RecordStore<SideRecord>(memory);
        uint[] first = [.. Enumerable.Range(0, 400).Select(_ => records.Take())];
        foreach (uint index in first)
        {
            records.At(index)->Generation = 9;
            records.Free(index);
        }

        Assert.Equal(0, records.InUse);
        uint[] second = [.. Enumerable.Range(0, 400).Select(_ => records.Take())];

        Assert.Equal(first.Order(), second.Order());
        Assert.All(second, index => Assert.Equal(0u, records.At(index)->Generation));

        // One chunk and the directory.
        Assert.Equal(2, memory.Outstanding);
        records.Release();
    }

    [Fact]
    public void WithoutMemoryThereIsNoRecordAndNothingBreaks()
    {
        var faults = new FaultPlan();
        var records = new RecordStore<SideRecord>(NewTableMemory(faults));
        uint kept = records.Take();
        faults.FailFromNow();
        int more = 0;
        while (records.Take() != 0)
        {
            more++;
        }

        Assert.Equal(more + 1, records.InUse);
        records.Free(kept);
        Assert.Equal(kept, records.Take());
        faults.Stop();
        Assert.NotEqual(0u, records.Take());
        records.Release();
    }

    [Fact]
    public void TakingAndFreeingAllocatesNothingManaged()
    {
        var records = new RecordStore<SideRecord>(NewTableMemory());
        records.Free(records.Take());
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            records.Free(records.Take());
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        records.Release();
    }
}
