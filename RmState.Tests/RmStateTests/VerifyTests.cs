using Rm.Counting;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>Verify finds what native code might write over the table.</summary>
public sealed unsafe class VerifyTests : LeakChecked
{
    private const int Capacity = 1024;

    private readonly CountingTableMemory _memory;
    private readonly RmState _state;
    private readonly nint _plain;
    private readonly nint _shared;
    private readonly nint _attached = Fakes.Address(77);
    private readonly ulong* _slots;
    private readonly uint* _infos;

    public VerifyTests()
    {
        _memory = NewTableMemory();
        _state = NewState(new RmStateOptions { InitialCapacity = Capacity, Seed = 3, TableMemory = _memory });
        _plain = _state.RmMalloc(100);
        _shared = _state.RmMalloc(200);
        _state.RmRetain(_shared);
        _state.RmAttach(_attached, Fakes.Leave);
        for (int i = 0; i < 30; i++)
        {
            _state.RmAttach(Fakes.Address(i, 4096), Fakes.Leave);
        }

        // The slots hold 8 bytes each, what belongs to them 4; a guard may stand behind the slots.
        _slots = (ulong*)_memory.Areas.First(a => a.Bytes is >= Capacity * sizeof(ulong) and < (Capacity + 32) * sizeof(ulong)).Start;
        _infos = (uint*)_memory.Areas.First(a => a.Bytes == Capacity * sizeof(uint)).Start;
    }

    public override void Dispose()
    {
        _state.Reset();
        base.Dispose();
    }

    [Fact]
    public void SoundStatePassesAndIsNotChanged()
    {
        StateSnapshot before = StateSnapshot.Of(_state);
        for (int i = 0; i < 10; i++)
        {
            _state.Verify();
        }

        before.AssertUnchanged(_state);
    }

    [Fact]
    public void CountWrittenOver() => AssertFound(SlotOf(_shared), slot => slot + 1);

    [Fact]
    public void CountSetToZero() => AssertFound(SlotOf(_plain), slot => slot & ~0xFFFFUL);

    [Fact]
    public void CountThatMeansNothing() => AssertFound(SlotOf(_plain), slot => (slot & ~Slot.CountMask) | Slot.Moved);

    [Fact]
    public void CountSaidToBeInASideRecordThatIsNotThere() => AssertFound(SlotOf(_plain), slot => slot | Slot.InRecord);

    [Fact]
    public void SlotWipedOut() => AssertFound(SlotOf(_plain), _ => 0);

    [Fact]
    public void AddressOffByABit()
    {
        for (int bit = 16; bit < 64; bit++)
        {
            // A made-up address, the same in every run: a malloc'd one might by chance fit its slot with another bit set.
            AssertFound(SlotOf(_attached), slot => slot ^ (1UL << bit));
        }
    }

    [Fact]
    public void EntryInASlotWhereNoLookupFindsIt()
    {
        ulong* entry = SlotOf(_plain);
        ulong* far = _slots + (((entry - _slots) + (Capacity / 2)) % Capacity);
        while (*far != 0)
        {
            far++;
        }

        (*far, *entry) = (*entry, 0);
        Assert.Throws<CorruptStateException>(_state.Verify);
        (*far, *entry) = (0, *far);
        _state.Verify();
    }

    [Fact]
    public void EntryOutOfNowhere()
    {
        ulong* empty = _slots;
        while (*empty != 0)
        {
            empty++;
        }

        AssertFound(empty, _ => ((ulong)Fakes.Address(999) << 16) | 1);
    }

    [Fact]
    public void SizeWrittenOver() => AssertFound(SlotOf(_plain), slot => Slot.WithInfo(slot, Slot.Info(slot) + 1));

    [Fact]
    public void SideRecordExchanged() => AssertFound(InfoOf(_attached), info => info ^ 1);

    [Fact]
    public void SideRecordOutOfRange() => AssertFound(InfoOf(_attached), info => info | 0x4000_0000);

    [Fact]
    public void SideRecordLost() => AssertFound(InfoOf(_attached), _ => 0);

    [Fact]
    public void AddressInTheSideRecordWrittenOver()
    {
        // The records are the area that is neither slots nor what belongs to them; the block's address stands in one of its words.
        (nint start, nuint bytes) = _memory.Areas.Last();
        ulong* words = (ulong*)start;
        ulong* word = words;
        while (*word != (ulong)_attached)
        {
            word++;
            Assert.True((nuint)(word - words) < bytes / sizeof(ulong), "no record holds the address");
        }

        AssertFound(word, value => value + 8);
    }

    [Fact]
    public void MessageNamesTheStateAndWhatIsBroken()
    {
        using RmState named = new(new RmStateOptions { Name = "mine", TableMemory = NewTableMemory(), InitialCapacity = 16 });
        named.Verify();
        *SlotOf(_plain) += 3;
        CorruptStateException violation = Assert.Throws<CorruptStateException>(_state.Verify);
        *SlotOf(_plain) -= 3;

        Assert.Contains("corrupt", violation.Message, StringComparison.Ordinal);
        Assert.Equal(1, _state.Statistics.Violations);
    }

    private ulong* SlotOf(nint block)
    {
        for (int i = 0; i < Capacity; i++)
        {
            if ((nint)(_slots[i] >> 16) == block)
            {
                return _slots + i;
            }
        }

        throw new InvalidOperationException("the block has no slot");
    }

    private uint* InfoOf(nint block) => _infos + (SlotOf(block) - _slots);

    private void AssertFound(ulong* at, Func<ulong, ulong> spoil)
    {
        _state.Verify();
        ulong good = *at;
        *at = spoil(good);
        Assert.NotEqual(good, *at);
        Exception? found = Record.Exception(_state.Verify);
        *at = good;
        Assert.IsType<CorruptStateException>(found);
        _state.Verify();
    }

    private void AssertFound(uint* at, Func<uint, uint> spoil)
    {
        _state.Verify();
        uint good = *at;
        *at = spoil(good);
        Assert.NotEqual(good, *at);
        Exception? found = Record.Exception(_state.Verify);
        *at = good;
        Assert.IsType<CorruptStateException>(found);
        _state.Verify();
    }
}
