using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>The two sides of a row that have a table each, with the same seed and the same blocks, and differ in one thing only.</summary>
internal abstract class Twins : IDisposable
{
    /// <summary>Makes our side; the caller disposes it.</summary>
    internal abstract IContender Ours(ulong seed);

    /// <summary>Makes the peer; the caller disposes it.</summary>
    internal abstract IContender Peer(ulong seed);

    public virtual void Dispose()
    {
    }
}
