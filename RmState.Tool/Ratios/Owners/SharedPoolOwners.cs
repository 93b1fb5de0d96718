using System.Buffers;
using System.Runtime.CompilerServices;

namespace Rm.Tool.Ratios.Owners;

/// <summary>The runtime's own pool, of arrays.</summary>
internal readonly struct SharedPoolOwners : IOwners<SharedPoolOwners>
{
    public static SharedPoolOwners Create() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public IMemoryOwner<byte> Rent(int size) => MemoryPool<byte>.Shared.Rent(size);

    public void Dispose()
    {
    }
}
