using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Counting;

/// <summary>Ten million live pointers in one table.</summary>
public sealed class TableScaleTests : LeakChecked
{
    private const int Many = 10_000_000;

    [Fact]
    public void TenMillionLivePointers()
    {
        RmState state = NewState(new RmStateOptions { DisposePolicy = RmDisposePolicy.Abandon });
        for (int i = 0; i < Many; i++)
        {
            state.RmAttach(Fakes.Address(i));
        }

        Assert.Equal((Many, Many), (state.Statistics.LiveBlocks, state.Statistics.PeakBlocks));
        Assert.True(state.LongestProbe <= 64, $"{state.LongestProbe} slots");
        Assert.True(state.Statistics.TableBytes <= 64L * Many, $"{state.Statistics.TableBytes / Many} bytes a pointer");
        for (int i = 0; i < Many; i += 97)
        {
            Assert.Equal(2, state.RmRetain(Fakes.Address(i)));
            Assert.False(state.RmContains(Fakes.Address(i) + 1));
        }

        for (int i = 0; i < Many; i++)
        {
            if (state.RmDetach(Fakes.Address(i)) != (i % 97 == 0 ? 1 : 0))
            {
                Assert.Fail($"pointer {i} had another count");
            }
        }

        Assert.Equal((0, Many), (state.Statistics.LiveBlocks, state.Statistics.Detaches));
        Assert.Empty(state.RmBlocks);
        Assert.Throws<UntrackedPointerException>(() => state.RmCount(Fakes.Address(Many / 2)));
    }
}
