using FsCheck;
using FsCheck.Experimental;
using FsCheck.Fluent;
using Microsoft.FSharp.Collections;
using Rm.Fuzz.Programs;
using Rm.Fuzz.Shrinking;

namespace Rm.Fuzz.Machines;

/// <summary>
/// The FsCheck machine over an RmState: hundreds of short programs, each shrunk by delta debugging when it fails.
/// </summary>
/// <param name="options">How every state is made.</param>
/// <param name="maxSteps">Steps of a program at most.</param>
internal sealed class RmMachine(ProgramOptions options, int maxSteps) : Machine<MachineSubject, Prediction>(maxSteps)
{
    private const int Registers = 16;
    private const long FirstAddress = 0x7000_0000_0000;

    private readonly List<string> _failedAtEnd = [];

    /// <summary>What broke when a state was disposed: FsCheck has no property for that.</summary>
    public IReadOnlyList<string> FailedAtEnd => _failedAtEnd;

    public override Arbitrary<Setup<MachineSubject, Prediction>> Setup =>
        Arb.From(Gen.Fresh<Setup<MachineSubject, Prediction>>(() => new StateSetup(options, _failedAtEnd.Add)));

    public override TearDown<MachineSubject> TearDown => new DisposeCall<MachineSubject>();

    public override Gen<Operation<MachineSubject, Prediction>> Next(Prediction model) => Steps(model, options.Policy)
        .Select(op => (Operation<MachineSubject, Prediction>)new MachineStep(op));

    public override IEnumerable<FSharpList<Operation<MachineSubject, Prediction>>> ShrinkOperations(
        FSharpList<Operation<MachineSubject, Prediction>> operations) =>
        DeltaShrinker.Candidates<Operation<MachineSubject, Prediction>>([.. operations]).Select(ListModule.OfSeq);

    private static Gen<Op> Steps(Prediction model, RmDisposePolicy policy)
    {
        Gen<int> own = Gen.Choose(0, (Registers / 2) - 1).Select(i => i * 2);
        Gen<int> attached = Gen.Choose(0, (Registers / 2) - 1).Select(i => (i * 2) + 1);
        Gen<Op> giving = Gen.Frequency((3, Allocations(own)), (3, Attachments(attached)));
        Gen<Op> whole = Gen.Elements(OpCode.Enumerate, OpCode.Verify, OpCode.Report, OpCode.Trim, OpCode.NullArgument)
            .SelectMany(code => Gen.Choose(0, 20).Select(n => new Op(code, 0, n)));
        Gen<Op> chain = attached.SelectMany(from => attached.Select(to => new Op(OpCode.React, from, (long)Reaction.Release, to)));
        if (model.Blocks.IsEmpty)
        {
            return Gen.Frequency((20, giving), (1, whole), (2, Counting(attached)));
        }

        // Live blocks of any kind, and attached ones whether they live or not.
        Gen<Op> reset = Gen.Constant(new Op(policy == RmDisposePolicy.ThrowIfLive ? OpCode.Report : OpCode.Reset));
        Gen<int> live = Gen.Elements<int>([.. model.Blocks.Keys]);
        Gen<int> used = Gen.Frequency((5, live), (1, attached));
        return Gen.Frequency((6, giving), (12, Counting(used)), (2, Resizing(live)), (3, chain), (2, whole), (1, reset));
    }

    private static Gen<Op> Allocations(Gen<int> registers) =>
        from register in registers
        from code in Gen.Elements(OpCode.Malloc, OpCode.TryMalloc, OpCode.Calloc, OpCode.TryCalloc, OpCode.Aligned, OpCode.TryAligned)
        from size in Gen.Choose(0, 300)
        from other in Gen.Choose(0, 9)
        select code switch
        {
            OpCode.Malloc or OpCode.TryMalloc => new Op(code, register, size),
            OpCode.Aligned or OpCode.TryAligned => new Op(code, register, 1L << other, size),
            _ => new Op(code, register, other, size / 8),
        };

    private static Gen<Op> Attachments(Gen<int> registers) =>
        from register in registers
        from code in Gen.Elements(
            OpCode.AttachDelegate, OpCode.TryAttachDelegate, OpCode.AttachOrRetainDelegate, OpCode.AttachFunction, OpCode.AttachFunctionContext)
        from size in Gen.Choose(-1, 5000)
        select new Op(code, register, FirstAddress + (register * 24L), size);

    private static Gen<Op> Counting(Gen<int> registers) =>
        from register in registers
        from code in Gen.Frequency(
            (6, Gen.Elements(OpCode.Retain, OpCode.TryRetain)),
            (6, Gen.Elements(OpCode.Release, OpCode.TryRelease, OpCode.ReleaseRef)),
            (1, Gen.Elements(OpCode.Detach, OpCode.TryDetach)),
            (2, Gen.Elements(OpCode.Look, OpCode.Generation, OpCode.AttachAgain, OpCode.TryAttachAgain)))
        select new Op(code, register);

    private static Gen<Op> Resizing(Gen<int> registers) =>
        from register in registers
        from code in Gen.Elements(OpCode.Realloc, OpCode.TryRealloc)
        from size in Gen.Choose(0, 2000)
        select new Op(code, register, size);

    private sealed class StateSetup(ProgramOptions options, Action<string> failedAtEnd) : Setup<MachineSubject, Prediction>
    {
        public override MachineSubject Actual() => new(options, failedAtEnd);

        public override Prediction Model() => Prediction.Empty;

        public override string ToString() => options.ToString();
    }
}
