using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>Allocates and frees a block of one size, while others live.</summary>
internal sealed class Rotating<TSource> : RotatingContender
    where TSource : struct, IBlockSource<TSource>
{
    private readonly nuint _size;
    private TSource _source;

    internal Rotating(ulong seed, nuint size, int others)
        : base(others)
    {
        _source = TSource.Create(seed);
        _size = size;
        FillOthers();
    }

    public override void Dispose()
    {
        FreeOthers();
        _source.Dispose();
    }

    protected override nint Allocate() => _source.Allocate(_size);

    protected override void Free(nint block) => _source.Free(block);

    protected override void Batch(int operations) => Loop(ref _source, _size, operations);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(ref TSource source, nuint size, int operations)
    {
        TSource local = source;
        for (int operation = 0; operation < operations; operation++)
        {
            nint block = local.Allocate(size);
            local.Free(block);
        }
    }
}
