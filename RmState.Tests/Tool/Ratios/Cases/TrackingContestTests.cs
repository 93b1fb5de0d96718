using Rm.Tool.Ratios.Cases;
using Rm.Tool.Ratios.Contenders;

namespace Rm.Tests.Tool.Ratios.Cases;

public sealed class TrackingContestTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    public void WhatLeavesLivesWhatComesDoesNotAndAllIsAsBeforeInTheEnd(int live)
    {
        nint[] blocks = [.. Enumerable.Range(1, 2 * live).Select(static block => (nint)(block * 64))];
        Exchange[] exchanges = TrackingContest.Cycle(blocks, live);
        HashSet<nint> living = [.. blocks.Take(live)];

        foreach (Exchange exchange in exchanges)
        {
            Assert.True(living.Remove(exchange.Leaves));
            Assert.True(living.Add(exchange.Comes));
        }

        Assert.True(exchanges.Length >= Draws.Fewest);
        Assert.True(living.SetEquals(blocks.Take(live)));
        Assert.Equal(2 * live, exchanges.SelectMany(static exchange => (nint[])[exchange.Leaves, exchange.Comes]).Distinct().Count());
    }
}
