using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>DangerousAddRef and DangerousRelease of one <see cref="SafeHandle"/> after another.</summary>
internal sealed class HandleReferences : CyclicContender
{
    private readonly BlockHandle[] _handles;
    private readonly SafeHandle[] _order;

    internal HandleReferences(int length, nuint size, int[] order)
        : base(order.Length)
    {
        _handles = new BlockHandle[length];
        for (int index = 0; index < length; index++)
        {
            _handles[index] = new BlockHandle(size);
        }

        _order = Array.ConvertAll(order, SafeHandle (index) => _handles[index]);
    }

    public override void Dispose()
    {
        foreach (BlockHandle handle in _handles)
        {
            handle.Dispose();
        }
    }

    protected override void Run(int from, int count) => Loop(_order.AsSpan(from, count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(ReadOnlySpan<SafeHandle> order)
    {
        foreach (SafeHandle handle in order)
        {
            bool added = false;
            handle.DangerousAddRef(ref added);
            handle.DangerousRelease();
        }
    }
}
