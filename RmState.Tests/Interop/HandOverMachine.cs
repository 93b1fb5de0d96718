using FsCheck;
using FsCheck.Experimental;
using FsCheck.Fluent;
using Microsoft.FSharp.Collections;
using Rm.Fuzz.Shrinking;

namespace Rm.Tests.Interop;

/// <summary>The FsCheck machine over states that hand blocks over. What should be is in the program.</summary>
/// <param name="maxSteps">Steps of a program at most.</param>
internal sealed class HandOverMachine(int maxSteps) : Machine<HandOverProgram, int>(maxSteps)
{
    public override Arbitrary<Setup<HandOverProgram, int>> Setup =>
        Arb.From(Gen.Fresh<Setup<HandOverProgram, int>>(() => new ProgramSetup()));

    public override TearDown<HandOverProgram> TearDown => new DisposeCall<HandOverProgram>();

    public override Gen<Operation<HandOverProgram, int>> Next(int model) =>
        Gen.Choose(0, 99).Zip(Gen.Choose(0, 8)).Zip(Gen.Choose(0, 9999)).Select(drawn =>
        {
            ((int kind, int states), int number) = drawn;
            return (Operation<HandOverProgram, int>)new StepOperation(new HandOverStep(KindOf(kind), states / 3, number, states % 3));
        });

    public override IEnumerable<FSharpList<Operation<HandOverProgram, int>>> ShrinkOperations(
        FSharpList<Operation<HandOverProgram, int>> operations) =>
        DeltaShrinker.Candidates<Operation<HandOverProgram, int>>([.. operations]).Select(ListModule.OfSeq);

    private static HandOverStepKind KindOf(int drawn) => drawn switch
    {
        < 16 => HandOverStepKind.Allocate,
        < 24 => HandOverStepKind.Attach,
        < 30 => HandOverStepKind.Retain,
        < 42 => HandOverStepKind.Release,
        < 66 => HandOverStepKind.Transfer,
        < 72 => HandOverStepKind.GiveBack,
        < 77 => HandOverStepKind.GiveBackGone,
        < 95 => HandOverStepKind.Receive,
        < 97 => HandOverStepKind.Reset,
        _ => HandOverStepKind.Dispose,
    };

    private sealed class ProgramSetup : Setup<HandOverProgram, int>
    {
        public override HandOverProgram Actual() => new();

        public override int Model() => 0;

        public override string ToString() => "three empty states";
    }

    private sealed class StepOperation(HandOverStep step) : Operation<HandOverProgram, int>
    {
        public override int Run(int model) => model;

        public override Property Check(HandOverProgram program, int after)
        {
            string? wrong = program.IsBroken ? null : program.Run(step);
            return (wrong is null).Label(wrong is null ? "ok" : $"{step}: {wrong}");
        }

        public override string ToString() => step.ToString();
    }
}
