using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>NativeMemory.Alloc and Free of a block.</summary>
internal sealed unsafe class AllocFree(nuint size) : IContender
{
    public void Run(int operations) => Loop(size, operations);

    public void Dispose()
    {
    }

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
