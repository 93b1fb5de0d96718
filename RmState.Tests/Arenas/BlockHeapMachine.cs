using FsCheck;
using FsCheck.Experimental;
using FsCheck.Fluent;
using Microsoft.FSharp.Collections;
using Rm.Fuzz.Shrinking;

namespace Rm.Tests.Arenas;

/// <summary>The FsCheck machine over a block heap. Its model is how many elements live; the rest is in the program.</summary>
/// <param name="make">Makes the heap of one program.</param>
/// <param name="maxSteps">Steps of a program at most.</param>
internal sealed class BlockHeapMachine(Func<BlockHeapProgram> make, int maxSteps) : Machine<BlockHeapProgram, int>(maxSteps)
{
    public override Arbitrary<Setup<BlockHeapProgram, int>> Setup =>
        Arb.From(Gen.Fresh<Setup<BlockHeapProgram, int>>(() => new ProgramSetup(make)));

    public override TearDown<BlockHeapProgram> TearDown => new DisposeCall<BlockHeapProgram>();

    public override Gen<Operation<BlockHeapProgram, int>> Next(int model) =>
        Gen.Choose(0, 99).Zip(Gen.Choose(0, 300_000)).Select(drawn =>
            (Operation<BlockHeapProgram, int>)new StepOperation(new BlockHeapStep(KindOf(drawn.Item1, model), drawn.Item2)));

    public override IEnumerable<FSharpList<Operation<BlockHeapProgram, int>>> ShrinkOperations(
        FSharpList<Operation<BlockHeapProgram, int>> operations) =>
        DeltaShrinker.Candidates<Operation<BlockHeapProgram, int>>([.. operations]).Select(ListModule.OfSeq);

    private static BlockHeapStepKind KindOf(int drawn, int live) => drawn switch
    {
        < 5 => BlockHeapStepKind.Trim,
        < 8 => BlockHeapStepKind.Enumerate,
        < 13 => BlockHeapStepKind.FreeAgain,
        _ when live == 0 => BlockHeapStepKind.Alloc,
        < 16 => BlockHeapStepKind.FreeInside,
        < 62 => BlockHeapStepKind.Alloc,
        _ => BlockHeapStepKind.Free,
    };

    private sealed class ProgramSetup(Func<BlockHeapProgram> make) : Setup<BlockHeapProgram, int>
    {
        public override BlockHeapProgram Actual() => make();

        public override int Model() => 0;

        public override string ToString() => "a heap without elements";
    }

    private sealed class StepOperation(BlockHeapStep step) : Operation<BlockHeapProgram, int>
    {
        public override bool Pre(int live) => live > 0 || step.Kind is not (BlockHeapStepKind.Free or BlockHeapStepKind.FreeInside);

        public override int Run(int live) => step.Kind switch
        {
            BlockHeapStepKind.Alloc => live + 1,
            BlockHeapStepKind.Free => live - 1,
            _ => live,
        };

        public override Property Check(BlockHeapProgram program, int after)
        {
            string? wrong = program.IsBroken ? null : program.Run(step);
            return (wrong is null).Label(wrong is null ? "ok" : $"{step}: {wrong}");
        }

        public override string ToString() => step.ToString();
    }
}
