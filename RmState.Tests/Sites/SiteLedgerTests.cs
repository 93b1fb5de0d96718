using Rm.Counting;
using Rm.Sites;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Sites;

/// <summary>What one ledger notes of records: places, histories and holders, all counted exactly.</summary>
public sealed unsafe class SiteLedgerTests : LeakChecked
{
    private readonly FaultPlan _plan = new();
    private readonly RecordStore<SideRecord> _records;
    private readonly CountingTableMemory _memory;

    public SiteLedgerTests()
    {
        _memory = NewTableMemory(_plan);
        _records = new RecordStore<SideRecord>(_memory);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(20, 30)]
    public void EveryPlaceIsCountedHoweverManyThereAre(int retainers, int releasers)
    {
        SiteLedger ledger = NewLedger();
        SideRecord* record = NewRecord(out _);
        Dictionary<uint, (long Retains, long Releases)> model = [];
        for (int i = 0; i < 1000; i++)
        {
            uint retaining = (uint)((i * 7) % retainers) + 1;
            uint releasing = (uint)((i * 11) % releasers) + 1;
            ledger.Retained(record, retaining);
            model[retaining] = (model.GetValueOrDefault(retaining).Retains + 1, model.GetValueOrDefault(retaining).Releases);
            ledger.Released(record, releasing);
            model[releasing] = (model.GetValueOrDefault(releasing).Retains, model.GetValueOrDefault(releasing).Releases + 1);
        }

        Assert.Equal(
            model.Select(p => new SitePlace(p.Key, p.Value.Retains, p.Value.Releases)).OrderBy(p => p.Site),
            ledger.PlacesOf(record).OrderBy(p => p.Site));
        ledger.FreeNotes(record);
        Assert.Equal(0u, record->MoreNotes);
        Release(ledger);
    }

    [Fact]
    public void UnknownPlacesAreCountedTogether()
    {
        SiteLedger ledger = NewLedger();
        SideRecord* record = NewRecord(out _);
        ledger.Retained(record, 0);
        ledger.Retained(record, 5);
        ledger.Retained(record, 0);
        ledger.Released(record, 0);

        Assert.Equal([new SitePlace(0, 2, 1), new SitePlace(5, 1, 0)], ledger.PlacesOf(record).OrderBy(p => p.Site));
        Release(ledger);
    }

    [Fact]
    public void CountsGoOnBeyondWhatAPairHolds()
    {
        SiteLedger ledger = NewLedger();
        SideRecord* record = NewRecord(out _);
        record->Retains = new SitePair { Site = 1, Count = uint.MaxValue - 1 };
        record->MoreRetains = new SitePair { Site = 2, Count = uint.MaxValue };
        record->Releases = new SitePair { Site = 1, Count = uint.MaxValue - 2 };
        for (int i = 0; i < 5; i++)
        {
            ledger.Retained(record, 1);
            ledger.Retained(record, 2);
            ledger.Released(record, 1);
        }

        Assert.Equal(
            [new SitePlace(1, uint.MaxValue + 4L, uint.MaxValue + 3L), new SitePlace(2, uint.MaxValue + 5L, 0)],
            ledger.PlacesOf(record).OrderBy(p => p.Site));
        Release(ledger);
    }

    [Fact]
    public void WithoutMemoryAPlaceIsNotNotedAndThoseThereAreGoOn()
    {
        SiteLedger ledger = NewLedger();
        SideRecord* record = NewRecord(out _);
        _plan.FailFromNow();
        for (uint site = 1; site <= 4; site++)
        {
            ledger.Retained(record, site);
            ledger.Released(record, site);
            ledger.Append(record, 3, 2, site, site);
        }

        Assert.Equal([new SitePlace(1, 1, 1), new SitePlace(2, 1, 0)], ledger.PlacesOf(record).OrderBy(p => p.Site));
        Assert.Empty(ledger.HistoryOf(record));
        _plan.Stop();
        ledger.Retained(record, 3);
        Assert.Equal(3, ledger.PlacesOf(record).Count);
        Release(ledger);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(64)]
    public void HistoryKeepsTheLastOperationsOldestFirst(int length)
    {
        SiteLedger ledger = NewLedger(length);
        SideRecord* record = NewRecord(out _);
        SideRecord* other = NewRecord(out _);
        ledger.Append(other, 1, 1, 1, 1);
        for (uint i = 1; i <= 150; i++)
        {
            ledger.Append(record, (byte)(i % 8), i, i + 5, i + 1000);
            HistoryEntry[] history = ledger.HistoryOf(record);
            Assert.Equal((int)Math.Min(i, (uint)length), history.Length);
            for (uint n = 0; n < history.Length; n++)
            {
                uint expected = i - (uint)history.Length + 1 + n;
                Assert.Equal(
                    ((byte)(expected % 8), (long)expected, expected + 5, expected + 1000),
                    (history[n].Operation, history[n].Count, history[n].Site, history[n].Number));
            }
        }

        Assert.Single(ledger.HistoryOf(other));
        ledger.FreeNotes(record);
        Assert.Empty(ledger.HistoryOf(record));

        // The next one to get its memory begins anew.
        ledger.Append(record, 4, 4, 4, 4);
        Assert.Equal(4ul, Assert.Single(ledger.HistoryOf(record)).Number);
        Release(ledger);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(16_777_215, 16_777_215)]
    [InlineData(16_777_216, 16_777_215)]
    [InlineData(long.MaxValue, 16_777_215)]
    public void HistoryCountsUpToItsLimit(long count, long kept)
    {
        HistoryEntry entry = HistoryEntry.Of(7, count, 9, ulong.MaxValue);

        Assert.Equal((kept, 7, 9u, ulong.MaxValue), (entry.Count, entry.Operation, entry.Site, entry.Number));
    }

    [Fact]
    public void HoldersLeaveTheirListInAnyOrder()
    {
        int[][] orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1], [1, 2, 0, 3], [0, 3, 2, 1]];
        SiteLedger ledger = NewLedger();
        SideRecord* record = NewRecord(out uint index);
        foreach (int[] order in orders)
        {
            uint[] holds = [.. order.Select(_ => ledger.Holds.Take())];
            foreach (uint hold in holds)
            {
                Link(ledger, hold, index, record);
            }

            List<uint> left = [.. holds.Reverse()];
            foreach (int next in order)
            {
                Assert.Equal(left, ListOf(ledger, record));
                Unlink(ledger, holds[next]);
                left.Remove(holds[next]);
            }

            Assert.Equal(0u, record->FirstHold);
            Assert.Equal(0, ledger.Holds.InUse);
        }

        Release(ledger);
    }

    [Fact]
    public void HoldersOfABlockThatWentHoldNothing()
    {
        SiteLedger ledger = NewLedger();
        SideRecord* record = NewRecord(out uint index);
        SideRecord* other = NewRecord(out uint otherIndex);
        uint[] holds = [ledger.Holds.Take(), ledger.Holds.Take(), ledger.Holds.Take()];
        Link(ledger, holds[0], index, record);
        Link(ledger, holds[1], index, record);
        Link(ledger, holds[2], otherIndex, other);

        ledger.Orphan(record);

        Assert.Equal(0u, record->FirstHold);
        Assert.Equal((0u, 0u, otherIndex), (ledger.Holds.At(holds[0])->Record, ledger.Holds.At(holds[1])->Record, ledger.Holds.At(holds[2])->Record));
        ledger.FreeHold(holds[1], ledger.Holds.At(holds[1]));
        ledger.FreeHold(holds[0], ledger.Holds.At(holds[0]));
        Unlink(ledger, holds[2]);
        Assert.Equal(0, ledger.Holds.InUse);
        Release(ledger);
    }

    [Fact]
    public void BuryingFreesTheRecordThatLeavesWithItsNotes()
    {
        SiteLedger ledger = NewLedger(quarantineLength: 2);
        for (uint round = 0; round < 50; round++)
        {
            SideRecord* record = NewRecord(out uint index);
            for (uint site = 1; site <= 5; site++)
            {
                ledger.Retained(record, site);
            }

            ledger.Append(record, 1, 1, 1, round);
            ledger.Bury(index);
            Assert.Equal(Math.Min(round + 1, 2), _records.InUse);
        }

        // 3 notes and a history each: had any been left behind, these would have grown.
        long before = ledger.Bytes;
        for (int i = 0; i < 2000; i++)
        {
            SideRecord* record = NewRecord(out uint index);
            ledger.Retained(record, 1);
            ledger.Retained(record, 2);
            ledger.Retained(record, 3);
            ledger.Append(record, 1, 1, 1, 1);
            ledger.Bury(index);
        }

        Assert.Equal(before, ledger.Bytes);
        Release(ledger);
    }

    [Fact]
    public void BytesAreAllThatItHolds()
    {
        SiteLedger ledger = NewLedger();
        SideRecord* record = NewRecord(out uint index);
        for (uint site = 1; site <= 3; site++)
        {
            ledger.Retained(record, site);
        }

        ledger.Append(record, 1, 1, 1, 1);
        Link(ledger, ledger.Holds.Take(), index, record);
        ledger.Bury(index);

        Assert.Equal(_memory.Areas.Sum(a => (long)a.Bytes), ledger.Bytes + _records.Bytes);
        Release(ledger);
    }

    private static void Link(SiteLedger ledger, uint hold, uint index, SideRecord* record)
    {
        // A holder has a number of its own while it holds.
        ledger.Holds.At(hold)->Generation = hold;
        ledger.Link(hold, ledger.Holds.At(hold), index, record);
    }

    private static void Unlink(SiteLedger ledger, uint hold) => ledger.Unlink(hold, ledger.Holds.At(hold));

    private static List<uint> ListOf(SiteLedger ledger, SideRecord* record)
    {
        List<uint> holds = [];
        uint previous = 0;
        for (uint hold = record->FirstHold; hold != 0; hold = ledger.Holds.At(hold)->Next)
        {
            Assert.Equal(previous, ledger.Holds.At(hold)->Previous);
            holds.Add(hold);
            previous = hold;
        }

        return holds;
    }

    private SiteLedger NewLedger(int historyLength = 8, int quarantineLength = 16) => new(_memory, _records, historyLength, quarantineLength);

    private SideRecord* NewRecord(out uint index)
    {
        index = _records.Take();
        return _records.At(index);
    }

    private void Release(SiteLedger ledger)
    {
        ledger.Release();
        _records.Release();
        Assert.Equal(0, _memory.Outstanding);
    }
}
