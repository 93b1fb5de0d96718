using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Rm.Interop;
using Rm.Membufs;

namespace Rm.Tool.Ratios.Owners;

/// <summary>Owners of a membuf pool.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposable, through the interface it implements.")]
internal readonly struct MembufPoolOwners : IOwners<MembufPoolOwners>
{
    private readonly MembufHeap _heap;
    private readonly MembufMemoryPool _pool;

    private MembufPoolOwners(MembufHeap heap)
    {
        _heap = heap;
        _pool = new MembufMemoryPool(heap);
    }

    public static MembufPoolOwners Create() => new(new MembufHeap());

    public IMemoryOwner<byte> Rent(int size) => _pool.Rent(size);

    public void Dispose()
    {
        _pool.Dispose();
        _heap.Dispose();
    }
}
