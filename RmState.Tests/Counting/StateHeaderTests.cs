using Rm.Counting;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>The header's layout is a contract: other programs read it.</summary>
public sealed unsafe class StateHeaderTests : LeakChecked
{
    [Fact]
    public void FieldsStandWhereOtherReadersLookForThem()
    {
        StateHeader header = default;
        byte* start = (byte*)&header;
        (string Name, long Offset)[] fields =
        [
            ("magic", (byte*)&header.Magic - start), ("version", (byte*)&header.Version - start), ("size", (byte*)&header.Size - start),
            ("operations", (byte*)&header.Operations - start),
            ("slots", (byte*)&header.Slots - start), ("last", (byte*)&header.Last - start),
            ("seed", (byte*)&header.Seed - start), ("shift", (byte*)&header.Shift - start), ("modes", (byte*)&header.Modes - start),
            ("retains", (byte*)&header.Retains - start), ("info", (byte*)&header.Info - start), ("live", (byte*)&header.Live - start),
        ];

        Assert.Equal(
            [
                ("magic", 0), ("version", 4), ("size", 6), ("operations", 8),
                ("slots", 16), ("last", 24), ("seed", 32), ("shift", 40), ("modes", 44),
                ("retains", 48), ("info", 56), ("live", 64),
            ],
            fields);
        Assert.Equal(StateHeader.Bytes, sizeof(StateHeader));
        Assert.Equal(0, StateHeader.Bytes % 64);
    }
}
