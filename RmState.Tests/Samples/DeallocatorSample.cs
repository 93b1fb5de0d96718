using System.Runtime.InteropServices;

namespace Rm.Tests.Samples;

/// <summary>What a deallocator may be and do.</summary>
public sealed unsafe class DeallocatorSample
{
    [Fact]
    public void AFunctionPointerTakesAContext()
    {
        #region function-pointer
        [UnmanagedCallersOnly]
        static void GiveBack(void* block, void* context)
        {
            ++*(int*)context;
            NativeMemory.AlignedFree(block);
        }

        using var state = new RmState();
        int returned = 0;
        void* frame = NativeMemory.AlignedAlloc(4096, 64);
        state.RmAttach(frame, &GiveBack, &returned, 4096);
        state.RmRelease(frame);                         // calls GiveBack(frame, &returned)
        #endregion

        Assert.Equal(1, returned);
    }

    [Fact]
    public void AChainOfBlocksDoesNotDeepenTheStack()
    {
        #region chain
        using var state = new RmState();

        // A node's first word is a reference to the next node.
        nint MakeNode(nint next)
        {
            nint node = (nint)NativeMemory.Alloc(16);
            Marshal.WriteIntPtr(node, next);
            state.RmAttach(node, DropNode, 16);
            return node;
        }

        void DropNode(nint node)
        {
            state.RmRelease(Marshal.ReadIntPtr(node));  // queued: it runs after this one returned
            NativeMemory.Free((void*)node);
        }

        nint head = 0;
        for (int i = 0; i < 100_000; i++)
        {
            head = MakeNode(head);
        }

        state.RmRelease(head);                          // all of them go
        #endregion

        Assert.Equal(100_000, state.Statistics.Frees);
    }
}
