using System.Diagnostics;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class OperationTimesTests
{
    private const int Milliseconds = 30;

    [Fact]
    public void AnOperationsOwnTimeCountsInFullHoweverOftenItIsInterrupted()
    {
        var times = new OperationTimes();
        times.Begin();
        long start = Stopwatch.GetTimestamp();
        long busySince = ProcessorTime.Now();
        while (ProcessorTime.Now() - busySince < Milliseconds * 1_000_000)
        {
        }

        times.Record(start, Stopwatch.GetTimestamp());

        Assert.True(times.Longest >= Milliseconds * 1_000_000, $"{times.Longest}");
    }

    [Fact]
    public void WhatAnOperationWaitedForCounts()
    {
        using var never = new ManualResetEventSlim();
        var times = new OperationTimes();
        times.Begin();
        long start = Stopwatch.GetTimestamp();
        _ = never.Wait(Milliseconds);
        times.Record(start, Stopwatch.GetTimestamp());

        Assert.True(times.Longest >= Milliseconds * 1_000_000 / 2, $"{times.Longest}");
    }

    [Fact]
    public void WhatWasSomebodyElsesDoesNotCount()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // More of the wall's time than the thread has lived through: the clocks cannot tell it from an interruption.
        var times = new OperationTimes();
        times.Begin();
        long start = Stopwatch.GetTimestamp();
        times.Record(start, start + Stopwatch.Frequency);

        Assert.Equal(1, times.Interrupted);
        Assert.True(times.Longest < 500_000_000, $"{times.Longest}");
    }

    [Fact]
    public void ShortOnesCountAsTheyAre()
    {
        var times = new OperationTimes();
        times.Begin();
        for (int operation = 1; operation <= 1_000; operation++)
        {
            times.Record(0, operation * Stopwatch.Frequency / 1_000_000_000);
        }

        Assert.Equal(500, times.Quantile(0.5));
        Assert.Equal(1_000, times.Longest);
        Assert.Equal(0, times.Interrupted);
    }
}
