using System.Diagnostics;
using System.Runtime.InteropServices;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Replay;

/// <summary>What a replay measures follows what the process does.</summary>
public sealed unsafe class ProcessMemoryTests
{
    [Fact]
    public void TouchedMemoryRaisesThePeak()
    {
        const int size = 64 << 20;
        ProcessMemory.ResetPeak();
        long before = ProcessMemory.Resident;
        void* block = NativeMemory.Alloc(size);
        new Span<byte>(block, size).Fill(1);

        long peak = ProcessMemory.PeakResident;
        NativeMemory.Free(block);

        Assert.InRange(before, 1, long.MaxValue);
        Assert.True(peak >= size, $"peak {peak}");
        Assert.True(peak >= before, $"peak {peak}, before {before}");
    }

    [Fact]
    public void ThreadClockCountsWork()
    {
        TimeSpan before = ThreadClock.Now;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(20))
        {
            // The work to be counted.
        }

        TimeSpan ran = ThreadClock.Now - before;

        Assert.InRange(ran, TimeSpan.FromTicks(1), Stopwatch.GetElapsedTime(start) + TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void ThreadClockDoesNotCountWaiting()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var never = new ManualResetEventSlim();
        TimeSpan before = ThreadClock.Now;

        never.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(200));

        Assert.InRange(ThreadClock.Now - before, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
    }
}
