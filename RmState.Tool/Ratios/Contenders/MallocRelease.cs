using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>RmMalloc and RmRelease of a block, while the state holds others.</summary>
internal sealed class MallocRelease(RmState state, nuint size) : IContender
{
    public void Run(int operations) => Loop(state, size, operations);

    public void Dispose() => state.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(RmState state, nuint size, int operations)
    {
        for (int operation = 0; operation < operations; operation++)
        {
            nint block = state.RmMalloc(size);
            state.RmRelease(block);
        }
    }
}
