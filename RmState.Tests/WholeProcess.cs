namespace Rm.Tests;

/// <summary>Tests that measure the process as a whole and therefore run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeProcess
{
    internal const string Name = nameof(WholeProcess);
}
