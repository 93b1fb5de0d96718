namespace Rm.Tests.Contracts;

/// <summary>A size-class heap whose arena is always close to its commit limit keeps the contract.</summary>
public sealed class LimitedHeapContract : SizeClassHeapContract
{
    private protected override nuint UsualLimit => 12 << 20;
}
