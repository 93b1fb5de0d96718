using System.Runtime.CompilerServices;
using Rm.Membufs;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>AllocRef and Deref of a membuf by its handle, while others live.</summary>
internal sealed class AllocDeref : RotatingContender
{
    private readonly MembufHeap _heap = new();
    private readonly nuint _size;

    internal AllocDeref(nuint size, int others)
        : base(others)
    {
        _size = size;
        FillOthers();
    }

    internal MembufHeap Heap => _heap;

    public override void Dispose() => _heap.Dispose();

    protected override nint Allocate() => _heap.Alloc(_size);

    protected override void Free(nint block) => _heap.Deref(block);

    protected override void Batch(int operations) => Loop(_heap, _size, operations);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(MembufHeap heap, nuint size, int operations)
    {
        for (int operation = 0; operation < operations; operation++)
        {
            MembufRef block = heap.AllocRef(size);
            block.Deref();
        }
    }
}
