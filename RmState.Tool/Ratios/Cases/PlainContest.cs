using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>Two sides that know no seeds.</summary>
/// <param name="ours">Makes our side.</param>
/// <param name="peer">The peer.</param>
internal sealed class PlainContest(Func<IContender> ours, IContender peer) : Contest
{
    internal override IContender Peer => peer;

    internal override IContender Ours(ulong seed) => ours();
}
