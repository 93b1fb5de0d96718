using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>Frees a random one of the live blocks, allocates another and writes its first word.</summary>
internal sealed class Replacing<TSource> : CyclicContender
    where TSource : struct, IBlockSource<TSource>
{
    private readonly Replacement[] _replacements;
    private readonly nint[] _blocks;
    private TSource _source;

    /// <summary>Fills a source, and replaces as many blocks as it holds: fresh from filling, neighbours in order are neighbours in memory.</summary>
    internal Replacing(ulong seed, int live, Replacement[] replacements)
        : base(replacements.Length)
    {
        _source = TSource.Create(seed);
        _replacements = replacements;
        _blocks = new nint[live];
        for (int index = 0; index < live; index++)
        {
            _blocks[index] = Written(_source.Allocate((nuint)replacements[^(1 + (index % replacements.Length))].Size));
        }

        Run(live);
    }

    public override void Dispose()
    {
        foreach (nint block in _blocks)
        {
            _source.Free(block);
        }

        _source.Dispose();
    }

    protected override void Run(int from, int count) => Loop(ref _source, _blocks, _replacements.AsSpan(from, count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(ref TSource source, nint[] blocks, ReadOnlySpan<Replacement> replacements)
    {
        TSource local = source;
        foreach (Replacement replacement in replacements)
        {
            ref nint block = ref blocks[replacement.Index];
            local.Free(block);
            block = Written(local.Allocate((nuint)replacement.Size));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe nint Written(nint block)
    {
        *(nint*)block = block;
        return block;
    }
}
