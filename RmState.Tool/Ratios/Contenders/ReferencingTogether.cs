using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Ratios.References;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>Two threads take references to the same block at once, and give them back; an operation is one of each.</summary>
internal sealed class ReferencingTogether<TReferences> : IContender
    where TReferences : struct, IIndexedReferences<TReferences>
{
    private readonly TReferences _references = TReferences.Of(1);
    private readonly Companion _companion = new();

    internal TReferences References => _references;

    public void Run(int operations)
    {
        void Work() => Loop(_references, operations);
        _companion.DoBoth(Work, Work);
    }

    public void Dispose()
    {
        _companion.Dispose();
        _references.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(TReferences references, int operations)
    {
        for (int operation = 0; operation < operations; operation++)
        {
            references.RetainAndRelease(0);
        }
    }
}
