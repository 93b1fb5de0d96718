using Rm.Fuzz.Campaigns;
using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Tests.Fuzz;

/// <summary>Every campaign of the fuzzer for a few thousand steps with fixed seeds: what <c>make fuzz</c> does for a minute.</summary>
public sealed class CampaignTests
{
    private const int Region = 10;

    public static TheoryData<string> Names => [.. CampaignCatalog.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ProgramsRunAsTheModelSays(string name)
    {
        Campaign campaign = CampaignCatalog.All.Single(c => string.Equals(c.Name, name, StringComparison.Ordinal));
        using FixedRegion region = new(Region);
        ProgramRunner runner = new(region);
        int total = 0;
        for (ulong program = 0; total < Math.Min(campaign.StepsPerRound, 20_000); program++)
        {
            IProgramSource source = campaign.Draw(SplitMix.Derive(17, program), Region);
            ProgramFailure? failure = runner.Run(source, out int steps);
            Assert.True(failure is null, $"seed 0x{source.Options.Seed:x}: breaks at {failure?.Where}: {failure?.Message}");
            total += steps;
        }
    }

    [Fact]
    public void OneSeedDrawsOneProgram()
    {
        using FixedRegion region = new(Region + 1);
        ProgramRunner runner = new(region);
        Op[] first = Draw(runner, 3);
        Assert.Equal(first, Draw(runner, 3));
        Assert.NotEqual(first, Draw(runner, 4));
    }

    // The planted bug makes the runner hand out what it drew.
    private static Op[] Draw(ProgramRunner runner, ulong seed)
    {
        CampaignProfile profile = CampaignCatalog.All.OfType<CampaignProfile>().Single(c => string.Equals(c.Name, "counts", StringComparison.Ordinal)) with
        {
            Allocators = [AllocatorKind.Region],
            Sabotage = Sabotage.ForgetThirdRetain,
        };
        ProgramFailure? failure = runner.Run(new ProgramGenerator(profile, seed, Region + 1), out _);
        Assert.NotNull(failure);
        return failure.Program.Ops;
    }
}
