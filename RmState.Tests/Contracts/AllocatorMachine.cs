using FsCheck;
using FsCheck.Experimental;
using FsCheck.Fluent;
using Microsoft.FSharp.Collections;
using Rm.Fuzz.Shrinking;

namespace Rm.Tests.Contracts;

/// <summary>The FsCheck machine over an allocator: short random programs, everything checked after every step.</summary>
/// <param name="make">Makes the allocator of one program.</param>
/// <param name="maxSteps">Steps of a program at most.</param>
internal sealed class AllocatorMachine(Func<AllocatorSubject> make, int maxSteps) : Machine<AllocatorProgram, ProgramModel>(maxSteps)
{
    private const int Crowd = 24;

    private readonly List<string> _failedAtEnd = [];

    /// <summary>What was wrong after the last step of a program, which FsCheck has no property for.</summary>
    public IReadOnlyList<string> FailedAtEnd => _failedAtEnd;

    public override Arbitrary<Setup<AllocatorProgram, ProgramModel>> Setup =>
        Arb.From(Gen.Fresh<Setup<AllocatorProgram, ProgramModel>>(() => new ProgramSetup(make, _failedAtEnd.Add)));

    public override TearDown<AllocatorProgram> TearDown => new DisposeCall<AllocatorProgram>();

    public override Gen<Operation<AllocatorProgram, ProgramModel>> Next(ProgramModel model) =>
        Gen.Choose(0, int.MaxValue - 1).Select(seed =>
            (Operation<AllocatorProgram, ProgramModel>)new StepOperation(StepSource.Draw(new System.Random(seed), model, Crowd)));

    public override IEnumerable<FSharpList<Operation<AllocatorProgram, ProgramModel>>> ShrinkOperations(
        FSharpList<Operation<AllocatorProgram, ProgramModel>> operations) =>
        DeltaShrinker.Candidates<Operation<AllocatorProgram, ProgramModel>>([.. operations]).Select(ListModule.OfSeq);

    private sealed class ProgramSetup(Func<AllocatorSubject> make, Action<string> failedAtEnd) : Setup<AllocatorProgram, ProgramModel>
    {
        public override AllocatorProgram Actual() => new(make(), failedAtEnd);

        public override ProgramModel Model() => ProgramModel.Empty;

        public override string ToString() => "an allocator without blocks";
    }

    private sealed class StepOperation(ProgramStep step) : Operation<AllocatorProgram, ProgramModel>
    {
        public override bool Pre(ProgramModel model) => model.Admits(step);

        public override ProgramModel Run(ProgramModel model) => model.After(step);

        public override Property Check(AllocatorProgram program, ProgramModel after)
        {
            // FsCheck goes on after a failure.
            string? wrong = program.IsBroken ? null : program.Run(step) ?? program.Check();
            return (wrong is null).Label(wrong is null ? "ok" : $"{step}: {wrong}");
        }

        public override string ToString() => step.ToString();
    }
}
