using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>RmMalloc and RmRelease of a block, while the state holds others.</summary>
internal sealed class MallocRelease : RotatingContender
{
    private readonly RmState _state;
    private readonly nuint _size;

    internal MallocRelease(RmState state, nuint size, int others)
        : base(others)
    {
        _state = state;
        _size = size;
        FillOthers();
    }

    public override void Dispose() => _state.Dispose();

    protected override nint Allocate() => _state.RmMalloc(_size);

    protected override void Free(nint block) => _state.RmRelease(block);

    protected override void Batch(int operations) => Loop(_state, _size, operations);

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
