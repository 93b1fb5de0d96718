using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class WaitsTests
{
    [Fact]
    public void WaitingCounts()
    {
        using var never = new ManualResetEventSlim(initialState: false, spinCount: 0);
        long before = Waits.Count();
        for (int wait = 0; wait < 3; wait++)
        {
            _ = never.Wait(5);
        }

        Assert.Equal(OperatingSystem.IsLinux(), Waits.Count() > before);
    }
}
