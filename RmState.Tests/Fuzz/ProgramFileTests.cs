using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Tests.Fuzz;

/// <summary>A program survives its way through a file, or a kept failure would replay as something else.</summary>
public sealed class ProgramFileTests
{
    [Fact]
    public void EveryStepComesBackFromItsText()
    {
        foreach (OpCode code in Enum.GetValues<OpCode>())
        {
            Op written = new(code, 7, (long)Reaction.Throw, -1);
            Op read = OpText.Parse(OpText.Format(written));

            // What the text leaves out is not used by the step, so reading twice must change nothing more.
            Assert.Equal(code, read.Code);
            Assert.Equal(OpText.Format(written), OpText.Format(read));
        }
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(65536)]
    [InlineData(long.MaxValue)]
    public void NumbersKeepTheirValue(long value)
    {
        Op op = new(OpCode.AttachDelegate, 65535, value, value);
        Assert.Equal(op, OpText.Parse(op.ToString()));
    }

    [Fact]
    public void OptionsAndStepsComeBack()
    {
        FuzzProgram program = new(
            new ProgramOptions
            {
                Campaign = "storms",
                Seed = ulong.MaxValue,
                Capacity = 33,
                TableSeed = 0xFEDC_BA98_7654_3210,
                Policy = RmDisposePolicy.Abandon,
                Allocator = AllocatorKind.SizedRegion,
                CheckedTable = false,
                KeepsSpares = false,
                Region = 3,
                Heaps = 2,
                BlockHeaps = 1,
                ElementSize = 65_537,
                ElementsPerBlock = 3,
                ElementAlignment = 4096,
                KeepEmptyBlocks = 0,
                ZeroesElements = false,
                PassThrough = true,
                ChunkSize = 8 << 20,
                Limit = 1_000_000,
                Spare = 100,
                TrimEvery = 5,
                PageSize = 16384,
                ClosesPages = true,
                FaultPercent = 40,
                Lent = 65536,
                Sabotage = Sabotage.ForgetThirdRetain,
            },
            [new Op(OpCode.Malloc, 1, 40, 1), new Op(OpCode.Enumerate), new Op(OpCode.React, 1, (long)Reaction.Release, 2)]);
        FuzzProgram read = ProgramFile.Parse(ProgramFile.Format(program, "two\nlines"));
        Assert.Equal(program.Options, read.Options);
        Assert.Equal(program.Ops, read.Ops);
    }

    [Theory]
    [InlineData("rmfuzz 2\n---\n")]
    [InlineData("rmfuzz 1\nmalloc #0\n")]
    [InlineData("rmfuzz 1\ncolour red\n---\n")]
    [InlineData("rmfuzz 1\n---\nfree #0\n")]
    [InlineData("rmfuzz 1\n---\nmalloc #0 colour=3\n")]
    public void OtherTextIsRefused(string text) => Assert.Throws<FormatException>(() => ProgramFile.Parse(text));
}
