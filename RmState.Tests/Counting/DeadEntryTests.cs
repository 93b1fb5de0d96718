using System.Runtime.InteropServices;
using Rm.Counting;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>Entries that are kept after their death: unknown to lookups, counted as load, swept in slices, revived in place.</summary>
public sealed unsafe class DeadEntryTests : LeakChecked
{
    private const int Entries = 30;
    private const long Slots = 1024;

    private readonly StateHeader* _header;
    private readonly PointerTable _table;

    public DeadEntryTests()
    {
        _header = (StateHeader*)NativeMemory.AlignedAlloc(StateHeader.Bytes, 64);
        *_header = default;
        _header->Magic = StateHeader.ExpectedMagic;
        _header->Version = StateHeader.LayoutVersion;
        _header->Size = StateHeader.Bytes;
        _header->Seed = 0x9E37_79B9_7F4A_7C15;
        _table = new PointerTable(_header, NewTableMemory());
        Assert.True(_table.Build(Slots));
        for (int i = 0; i < Entries; i++)
        {
            Assert.True(_table.Insert(Fakes.Address(i), 65) != null);
        }
    }

    public override void Dispose()
    {
        _table.Release();
        NativeMemory.AlignedFree(_header);
        base.Dispose();
    }

    [Fact]
    public void BuriedEntryIsUnknownAndCountsAsDead()
    {
        Bury(3);
        Assert.True(_table.Find(Fakes.Address(3)) == null);
        Assert.Equal((Entries - 1, 1L), (_header->Live, _header->Dead));
        Assert.Null(_table.FindBrokenInvariant(0));
    }

    [Fact]
    public void AddressThatComesBackTakesItsDeadEntry()
    {
        Bury(5);
        ulong* entry = _table.Insert(Fakes.Address(5), 17);
        Assert.True(entry != null && _table.Find(Fakes.Address(5)) == entry);
        Assert.Equal((1L, 17u, 0L), (_table.CountOf(entry), _table.ReadInfo(entry), _header->Dead));
        Assert.Null(_table.FindBrokenInvariant(0));
    }

    [Fact]
    public void SweepingEndsThemAllAndLosesNobody()
    {
        for (int i = 0; i < Entries; i += 2)
        {
            Bury(i);
        }

        for (long slices = 0; _header->Dead > 0; slices++)
        {
            Assert.True(slices <= Slots / 8, "sweeping does not come to an end");
            _table.Sweep();
            Assert.Null(_table.FindBrokenInvariant(0));
        }

        for (int i = 0; i < Entries; i++)
        {
            Assert.Equal(i % 2 == 1, _table.Find(Fakes.Address(i)) != null);
        }
    }

    [Fact]
    public void BuryingManySweepsByItself()
    {
        for (int i = Entries; i < Slots / 2; i++)
        {
            Assert.True(_table.Insert(Fakes.Address(i), BlockInfo.None) != null);
            Bury(i);
        }

        Assert.InRange(_header->Dead, 1, _header->SweepAt + 1);
        Assert.Null(_table.FindBrokenInvariant(0));
    }

    private void Bury(int i)
    {
        ulong* entry = _table.Find(Fakes.Address(i));
        _header->Live--;
        _table.Bury(entry);
    }
}
