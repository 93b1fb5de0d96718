using FsCheck;
using FsCheck.Experimental;
using Rm.Fuzz.Machines;
using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Tests.Fuzz;

/// <summary>The FsCheck machine in short runs; a failure prints its seed and the shrunk program.</summary>
public sealed class RmMachineTests
{
    private const int Region = 8;

    [Theory]
    [InlineData("Malloc", 4096, "Free", "Counters")]
    [InlineData("Region", 1, "Free", "Counters")]
    [InlineData("Region", 3, "ThrowIfLive", "Counters")]
    [InlineData("SizedRegion", 16, "Abandon", "Counters")]
    [InlineData("Arena", 16, "Free", "Counters")]
    [InlineData("Arena", 1, "Abandon", "Counters")]
    [InlineData("PassThrough", 64, "ThrowIfLive", "Counters")]
    [InlineData("Malloc", 1, "Free", "Sites")]
    [InlineData("Region", 16, "Free", "Full")]
    [InlineData("Arena", 1, "Abandon", "Full")]
    [InlineData("PassThrough", 64, "ThrowIfLive", "Sites")]
    public void StateDoesWhatTheModelSays(string allocator, int capacity, string policy, string level)
    {
        RmMachine machine = new(
            new ProgramOptions
            {
                Campaign = "machine",
                Allocator = Enum.Parse<AllocatorKind>(allocator),
                Capacity = capacity,
                Policy = Enum.Parse<RmDisposePolicy>(policy),
                Level = Enum.Parse<RmDiagnosticsLevel>(level),
                Region = Region,
            },
            maxSteps: 60);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(60).WithQuietOnSuccess(true).WithName(nameof(StateDoesWhatTheModelSays)),
            machine.ToProperty());
        Assert.Empty(machine.FailedAtEnd);
    }

    [Fact]
    public void FindsAndShrinksAPlantedBug()
    {
        TestResult.Failed failed = Run(Config.Quick.WithMaxTest(500));
        MachineRun<MachineSubject, Prediction> shrunk = (MachineRun<MachineSubject, Prediction>)failed.Item3[0];
        Op[] steps = [.. shrunk.Operations.Select(o => ((MachineStep)o.Item1).Op)];

        // A block, and the retains that make its count 4: nothing is left over. One of them may be an attach-or-retain, which has a
        // register of its own.
        Assert.Equal(4, steps.Length);
        Assert.InRange(steps.Select(s => s.Register).Distinct().Count(), 1, 2);

        TestResult.Failed again = Run(Config.Quick.WithReplay(failed.Item6.Seed, failed.Item6.Gamma, failed.Item7));
        Assert.Equal(shrunk.ToString(), again.Item3[0].ToString());
    }

    private static TestResult.Failed Run(Config config)
    {
        CapturingRunner runner = new();
        RmMachine machine = new(new ProgramOptions { Sabotage = Sabotage.ForgetThirdRetain, Region = Region + 1 }, maxSteps: 60);
        Check.One(config.WithRunner(runner), machine.ToProperty());
        return Assert.IsType<TestResult.Failed>(runner.Result);
    }
}
