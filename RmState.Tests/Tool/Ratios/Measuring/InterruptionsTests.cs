using System.Diagnostics;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class InterruptionsTests
{
    [Fact]
    public void AThreadThatMustShareAProcessorIsInterrupted()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Equal(0, Interruptions.Count());
            return;
        }

        bool stop = false;
        Thread[] rivals = [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
            }
        }))];
        Array.ForEach(rivals, static rival => rival.Start());
        long before = Interruptions.Count();
        long start = Stopwatch.GetTimestamp();
        while (Interruptions.Count() == before && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20))
        {
        }

        long after = Interruptions.Count();
        Volatile.Write(ref stop, true);
        Array.ForEach(rivals, static rival => rival.Join());
        Assert.True(after > before);
    }
}
