using System.Buffers;

namespace Rm.Tool.Ratios.Owners;

/// <summary>Where memory is rented. Implemented by structs and used as a type parameter, so that each has its own calls compiled in.</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
internal interface IOwners<TSelf> : IDisposable
    where TSelf : struct, IOwners<TSelf>
{
    /// <summary>Makes a pool.</summary>
    static abstract TSelf Create();

    /// <summary>Rents at least so many bytes.</summary>
    IMemoryOwner<byte> Rent(int size);
}
