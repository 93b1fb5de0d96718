using FsCheck;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace Rm.Tests.Fuzz;

/// <summary>Keeps FsCheck's result instead of printing it.</summary>
internal sealed class CapturingRunner : IRunner
{
    public TestResult? Result { get; private set; }

    public void OnStartFixture(Type t)
    {
        // One property, no fixture.
    }

    public void OnArguments(int n, FSharpList<object> args, FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> every)
    {
        // The result is all that is wanted.
    }

    public void OnShrink(FSharpList<object> args, FSharpFunc<FSharpList<object>, string> everyShrink)
    {
        // The result is all that is wanted.
    }

    public void OnFinished(string name, TestResult result) => Result = result;
}
