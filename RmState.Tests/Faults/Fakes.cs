namespace Rm.Tests.Faults;

/// <summary>Addresses that are never read, written or freed.</summary>
internal static class Fakes
{
    public const long Base = 0x5000_0000_0000;

    /// <summary>A deallocator that leaves the block alone.</summary>
    public static readonly Action<nint> Leave = static _ => { };

    public static nint Address(long index, long stride = 16) => (nint)(Base + (index * stride));
}
