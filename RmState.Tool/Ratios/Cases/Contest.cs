using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>The two sides of a paired row: one peer, and ours with one table seed after another.</summary>
internal abstract class Contest : IDisposable
{
    /// <summary>The peer, which knows no seeds and stays as it is.</summary>
    internal abstract IContender Peer { get; }

    /// <summary>Makes our side; the caller disposes it.</summary>
    internal abstract IContender Ours(ulong seed);

    public virtual void Dispose() => Peer.Dispose();
}
