using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>A disposed state refuses every call but those that tell of it.</summary>
public sealed unsafe class DisposedStateTests : LeakChecked
{
    private static readonly Dictionary<string, Action<RmState>> Members = new(StringComparer.Ordinal)
    {
        ["RmMalloc"] = s => s.RmMalloc(1),
        ["RmMalloc<T>"] = s => s.RmMalloc<int>(),
        ["RmCalloc"] = s => s.RmCalloc(1, 1),
        ["RmAlignedAlloc"] = s => s.RmAlignedAlloc(64, 1),
        ["RmRealloc"] = s => s.RmRealloc(16, 1),
        ["RmRealloc of null"] = s => s.RmRealloc(0, 1),
        ["RmTryMalloc"] = s => s.RmTryMalloc(1, out _),
        ["RmTryCalloc"] = s => s.RmTryCalloc(1, 1, out _),
        ["RmTryAlignedAlloc"] = s => s.RmTryAlignedAlloc(64, 1, out _),
        ["RmTryRealloc"] = s => s.RmTryRealloc(16, 1, out _),
        ["RmAttach"] = s => s.RmAttach(16),
        ["RmAttach with size"] = s => s.RmAttach(16, 1),
        ["RmAttach with delegate"] = s => s.RmAttach(16, Fakes.Leave),
        ["RmAttach with function"] = s => s.RmAttach(16, &NativeBlocks.FreeOfCurrent),
        ["RmAttach with context"] = s => s.RmAttach(16, &NativeBlocks.FreeWithContext, null),
        ["RmTryAttach"] = s => s.RmTryAttach(16),
        ["RmTryAttach with delegate"] = s => s.RmTryAttach(16, Fakes.Leave),
        ["RmAttachOrRetain"] = s => s.RmAttachOrRetain(16),
        ["RmAttachOrRetain with delegate"] = s => s.RmAttachOrRetain(16, Fakes.Leave),
        ["RmRetain"] = s => s.RmRetain(16),
        ["RmTryRetain"] = s => s.RmTryRetain(16, out _),
        ["RmRelease"] = s => s.RmRelease(16),
        ["RmRelease of null"] = s => s.RmRelease(0),
        ["RmRelease by reference"] = s =>
        {
            nint block = 16;
            s.RmRelease(ref block);
        },
        ["RmRelease of null by reference"] = s =>
        {
            nint block = 0;
            s.RmRelease(ref block);
        },
        ["RmTryRelease"] = s => s.RmTryRelease(16, out _),
        ["RmDetach"] = s => s.RmDetach(16),
        ["RmTryDetach"] = s => s.RmTryDetach(16, out _),
        ["RmCount"] = s => s.RmCount(16),
        ["RmTryCount"] = s => s.RmTryCount(16, out _),
        ["RmContains"] = s => s.RmContains(16),
        ["RmSize"] = s => s.RmSize(16),
        ["RmTrySize"] = s => s.RmTrySize(16, out _),
        ["RmBlocks"] = s => s.RmBlocks.Count(),
        ["Trim"] = s => s.Trim(),
        ["Verify"] = s => s.Verify(),
        ["CreateReport"] = s => s.CreateReport(),
        ["Reset"] = s => s.Reset(),
    };

    public static TheoryData<string> MemberNames => [.. Members.Keys];

    [Theory]
    [MemberData(nameof(MemberNames))]
    public void MembersOfADisposedStateThrow(string member)
    {
        RmState state = NewState(new RmStateOptions { Name = "gone" });
        state.Dispose();

        ObjectDisposedException e = Assert.Throws<ObjectDisposedException>(() => Members[member](state));

        Assert.Contains(nameof(RmState), e.ObjectName, StringComparison.Ordinal);
        Assert.Equal(0, state.Statistics.Violations);
    }
}
