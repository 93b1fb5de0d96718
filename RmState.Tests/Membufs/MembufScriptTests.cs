using FsCheck;
using FsCheck.Fluent;
using Rm.Fuzz.Programs;
using Rm.Fuzz.Shrinking;
using Rm.Fuzz.Subjects;

namespace Rm.Tests.Membufs;

/// <summary>
/// Random scripts, one a thread, run freely on real threads, many times over: when all have given back what they had, nothing lives, every
/// onFree ran once, and every invariant holds. A script that breaks is shrunk.
/// </summary>
public sealed class MembufScriptTests
{
    private const int MostThreads = 4;
    private const int Region = 14;

    [Fact]
    public void ScriptsOnThreadsLeaveNothingBehind()
    {
        using FixedRegion region = new(Region);
        ProgramRunner runner = new(region);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(40).WithQuietOnSuccess(true).WithName(nameof(MembufScriptTests)),
            Prop.ForAll(Arb.From(Scripts, DeltaShrinker.Candidates), ops => Holds(runner, ops)));
    }

    private static Gen<Op[]> Scripts =>
        from threads in Gen.Choose(2, MostThreads)
        from scripts in Gen.Sized(size => Step(threads).ListOf(Math.Max(size, 2))).ArrayOf(threads)
        select scripts.SelectMany((script, thread) => script.Prepend(new Op(OpCode.MembufOn, 0, thread))).ToArray();

    private static Gen<Op> Step(int threads) =>
        from slot in Gen.Choose(0, 2)
        from operand in Gen.Choose(0, 40)
        from code in Gen.Frequency(
            (3, Gen.Elements(OpCode.MembufAlloc, OpCode.MembufAllocEnding, OpCode.MembufAllocFunction, OpCode.MembufAllocLinked)),
            (6, Gen.Elements(OpCode.MembufRef, OpCode.MembufDeref, OpCode.MembufDeref)),
            (6, Gen.Elements(OpCode.MembufSend, OpCode.MembufTake)),
            (1, Gen.Elements(OpCode.MembufSettle, OpCode.MembufDetach, OpCode.MembufLook, OpCode.MembufPause, OpCode.MembufLeave)))
        select new Op(code, slot, operand, operand % threads);

    private static Property Holds(ProgramRunner runner, Op[] ops)
    {
        var options = new ProgramOptions { Campaign = nameof(MembufScriptTests), Seed = (ulong)ops.Length, Membufs = MostThreads, Rounds = 25 };
        ProgramFailure? failure = runner.Run(new FuzzProgram(options, ops));
        return (failure is null).Label(failure?.Message ?? "");
    }
}
