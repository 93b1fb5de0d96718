namespace Rm.Tool.Ratios.Measuring;

/// <summary>One side of a comparison: something that does the same small operation over and over.</summary>
internal interface IContender : IDisposable
{
    /// <summary>Does the next operations of this side's endless sequence, in loops of their own that are never inlined.</summary>
    /// <param name="operations">How many, at least 1.</param>
    void Run(int operations);
}
