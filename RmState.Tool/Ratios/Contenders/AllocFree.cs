using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>NativeMemory.Alloc and Free of a block, while others live.</summary>
internal sealed unsafe class AllocFree : RotatingContender
{
    private readonly nuint _size;

    internal AllocFree(nuint size, int others)
        : base(others)
    {
        _size = size;
        FillOthers();
    }

    public override void Dispose() => FreeOthers();

    protected override nint Allocate() => (nint)NativeMemory.Alloc(_size);

    protected override void Free(nint block) => NativeMemory.Free((void*)block);

    protected override void Batch(int operations) => Loop(_size, operations);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(nuint size, int operations)
    {
        for (int operation = 0; operation < operations; operation++)
        {
            void* block = NativeMemory.Alloc(size);
            NativeMemory.Free(block);
        }
    }
}
