using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <summary>Something that takes the steps of a program, and its model. A difference is a <see cref="MismatchException"/>.</summary>
internal interface IExecution : IDisposable
{
    /// <summary>Takes one step and compares.</summary>
    void Step(Op op);

    /// <summary>Ends the program: everything compared, nothing left.</summary>
    void Finish();
}
