using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class CompanionTests
{
    [Fact]
    public void EverythingIsDoneByOneOtherThread()
    {
        using var companion = new Companion();
        var threads = new List<int>();

        companion.Do(() => threads.Add(Environment.CurrentManagedThreadId));
        companion.Do(() => threads.Add(Environment.CurrentManagedThreadId));

        Assert.Equal(2, threads.Count);
        Assert.Single(threads.Distinct());
        Assert.NotEqual(Environment.CurrentManagedThreadId, threads[0]);
    }

    [Fact]
    public void BothAreUnderWayAtOnce()
    {
        using var companion = new Companion();
        using var meeting = new Barrier(participantCount: 2);
        bool both = false;

        companion.DoBoth(meeting.SignalAndWait, () => both = meeting.SignalAndWait(TimeSpan.FromMinutes(1)));

        Assert.True(both);
    }

    [Fact]
    public void WhatItThrowsIsThrownAndItGoesOn()
    {
        using var companion = new Companion();
        bool done = false;

        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(
            () => companion.Do(static () => throw new InvalidOperationException("its work")));
        companion.Do(() => done = true);

        Assert.Equal("its work", thrown.Message);
        Assert.True(done);
    }

    [Fact]
    public void WhatTheCallerThrowsIsThrownAndItGoesOn()
    {
        using var companion = new Companion();
        bool done = false;

        Assert.Throws<InvalidOperationException>(
            () => companion.DoBoth(static () => { }, static () => throw new InvalidOperationException("the caller's work")));
        companion.Do(() => done = true);

        Assert.True(done);
    }
}
