using Rm.Membufs;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Interop;

/// <summary>The base of tests of one membuf heap: all of its references must be given back before they end, or they fail.</summary>
public abstract class MembufChecked : LeakChecked
{
    protected MembufChecked() => Heap = new MembufHeap(new MembufHeapOptions { Arena = NewArena(), CountsReferences = true });

    protected MembufHeap Heap { get; }

    /// <summary>The heap's own proof, unless the test ended the heap itself.</summary>
    public override void Dispose()
    {
        GC.SuppressFinalize(this);
        if (!Heap.IsDisposed)
        {
            Heap.Verify();
            Assert.Empty(Heap.GetReport().Oldest);
            Heap.Dispose();
        }

        base.Dispose();
    }
}
