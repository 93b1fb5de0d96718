using Rm.Fuzz.Programs;
using Rm.Fuzz.Shrinking;
using Rm.Fuzz.Subjects;

namespace Rm.Tests.Fuzz;

/// <summary>The shrinker leaves what a failure needs and nothing else.</summary>
public sealed class DeltaShrinkerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(37)]
    [InlineData(5000)]
    public void FindsTheOnlyTwoStepsThatMatter(int length)
    {
        Op[] steps = [.. Enumerable.Range(0, length).Select(i => new Op(OpCode.Look, i))];
        int first = length / 3;
        int last = length - 1;
        Op[] shrunk = DeltaShrinker.Shrink(
            steps,
            s => s.Any(op => op.Register == first) && s.Any(op => op.Register == last),
            CancellationToken.None);
        Assert.Equal(((int[])[first, last]).Distinct(), shrunk.Select(op => op.Register));
    }

    [Fact]
    public void TakesOutPairsThatGoOnlyTogether()
    {
        // As many retains as releases must remain: no single step can go.
        Op[] steps = [.. Enumerable.Range(0, 10).SelectMany(_ => (Op[])[new(OpCode.Retain), new(OpCode.Release)])];
        Op[] shrunk = DeltaShrinker.Shrink(
            steps,
            s => s.Length >= 2 && s.Count(op => op.Code == OpCode.Retain) == s.Count(op => op.Code == OpCode.Release),
            CancellationToken.None);
        Assert.Equal(2, shrunk.Length);
    }

    [Fact]
    public void ShrinksAFailingProgramToItsCause()
    {
        ProgramOptions options = new() { Sabotage = Sabotage.ForgetThirdRetain, Region = 12 };
        Op[] noise = [.. Enumerable.Range(1, 300).Select(i => new Op(i % 3 == 0 ? OpCode.Release : OpCode.Malloc, i, i))];
        Op retain = new(OpCode.Retain, 0);
        Op[] steps = [new(OpCode.Malloc, 0, 24), .. noise, retain, .. noise, retain, .. noise, retain, new(OpCode.Look, 0)];
        using FixedRegion region = new(options.Region);
        ProgramFailure? found = new ProgramRunner(region).Run(new FuzzProgram(options, steps));
        Assert.NotNull(found);

        ProgramFailure shrunk = FailureFile.Shrink(found, region);
        Assert.Equal(found.Signature, shrunk.Signature);
        Assert.Equal([OpCode.Malloc, OpCode.Retain, OpCode.Retain, OpCode.Retain], shrunk.Program.Ops.Select(op => op.Code));
    }
}
