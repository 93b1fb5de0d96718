using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>
/// The least that counting can cost: <c>++a[i]; --a[i]</c> on native memory, one dependent access to a cache line.
/// </summary>
internal sealed unsafe class Yardstick : CyclicContender
{
    private readonly nint* _counts;
    private readonly int[] _order;

    internal Yardstick(int length, int[] order)
        : base(order.Length)
    {
        _order = order;
        _counts = (nint*)NativeMemory.Alloc((nuint)length, (nuint)sizeof(nint));

        // Written, not asked for as zeroes: zeroed pages would be faulted in by the timed rounds.
        new Span<nint>(_counts, length).Fill(1);
    }

    public override void Dispose() => NativeMemory.Free(_counts);

    protected override void Run(int from, int count) => Loop(_counts, _order.AsSpan(from, count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(nint* counts, ReadOnlySpan<int> order)
    {
        foreach (int index in order)
        {
            ++counts[index];
            --counts[index];
        }
    }
}
