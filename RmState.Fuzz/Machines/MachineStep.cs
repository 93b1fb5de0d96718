using FsCheck;
using FsCheck.Experimental;
using FsCheck.Fluent;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Machines;

/// <summary>One step as FsCheck sees it. Steps that shrinking made meaningless do nothing, so none has a precondition.</summary>
internal sealed class MachineStep(Op op) : Operation<MachineSubject, Prediction>
{
    public Op Op => op;

    public override bool Pre(Prediction model) => true;

    public override Prediction Run(Prediction model) => model.After(op);

    public override Property Check(MachineSubject subject, Prediction model)
    {
        string? error = subject.Step(op, model);
        return (error is null).Label(error is null ? "as predicted" : $"{op}: {error}");
    }

    public override string ToString() => op.ToString();
}
