using System.Runtime.InteropServices;

namespace Rm.Tests.Samples;

/// <summary>Allocating, counting, attaching, detaching, resizing.</summary>
public sealed unsafe class CountingSample
{
    [Fact]
    public void BlocksAreAllocatedAndReleased()
    {
        #region allocate
        using var state = new RmState();

        nint plain = state.RmMalloc(2048);              // contents undefined
        nint zeroed = state.RmCalloc(16, 128);          // 16 elements of 128 bytes, all 0
        nint pages = state.RmAlignedAlloc(4096, 8192);  // at a multiple of 4096

        long count = state.RmRetain(plain);             // 2
        long remaining = state.RmRelease(plain);        // 1
        state.RmRelease(plain);                         // 0: freed
        state.RmRelease(pages);
        state.RmRelease(ref zeroed);                    // freed, and the variable is 0 now
        #endregion

        Assert.Equal((2, 1, 0), (count, remaining, zeroed));
        Assert.Equal(3, state.Statistics.Frees);
    }

    [Fact]
    public void TypedBlocksNeedNoCast()
    {
        #region typed
        using var state = new RmState();
        double* samples = state.RmMalloc<double>(1000);  // needs an unsafe context
        samples[999] = 0.5;
        state.RmRelease(samples);
        #endregion

        Assert.Equal(8000, state.Statistics.PeakBytes);
    }

    [Fact]
    public void TryFormsAnswerInsteadOfThrowing()
    {
        #region try-forms
        using var state = new RmState();
        bool allocated = state.RmTryMalloc(nuint.MaxValue, out nint block);   // false: no memory
        bool retained = state.RmTryRetain(0x1234, out long count);            // false: unknown
        bool released = state.RmTryRelease(0, out long remaining);            // false: null
        #endregion

        Assert.False(allocated || retained || released);
        Assert.Equal((0, 0, 0), (block, count, remaining));
        Assert.Equal(0, state.Statistics.Violations);
    }

    [Fact]
    public void AnAttachedBlockIsFreedByItsOwnDeallocator()
    {
        #region attach-deallocator
        using var state = new RmState();
        nint buffer = (nint)NativeMemory.AlignedAlloc(65536, 4096);
        state.RmAttach(buffer, block => NativeMemory.AlignedFree((void*)block), 65536);
        state.RmRelease(buffer);                        // runs the deallocator
        #endregion

        Assert.Equal((1, 1), (state.Statistics.Attaches, state.Statistics.Frees));
    }

    [Fact]
    public void AttachOrRetainTakesEitherCase()
    {
        #region attach-or-retain
        using var state = new RmState();
        nint texture = (nint)NativeMemory.Alloc(4096);

        // A callback that may see the same pointer more than once.
        void Seen(nint pointer) => state.RmAttachOrRetain(pointer);

        Seen(texture);                                  // attached: 1
        Seen(texture);                                  // retained: 2
        #endregion

        Assert.Equal(2, state.RmCount(texture));
    }

    [Fact]
    public void ADetachedBlockIsTheCallers()
    {
        #region detach
        using var state = new RmState();
        nint message = state.RmMalloc(256);
        state.RmRetain(message);

        long others = state.RmDetach(message);          // 1: one other holder, for whom the state no longer counts
        bool known = state.RmContains(message);         // false
        NativeMemory.Free((void*)message);              // libc's free, here or in native code
        #endregion

        Assert.Equal(1, others);
        Assert.False(known);
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }

    [Fact]
    public void ABlockOfOneHolderCanBeResized()
    {
        #region realloc
        using var state = new RmState();
        nint text = state.RmMalloc(100);
        text = state.RmRealloc(text, 200);              // may have moved; the old address is unknown then
        state.RmRelease(text);
        #endregion

        Assert.Equal((1, 200), (state.Statistics.Reallocations, state.Statistics.PeakBytes));
    }
}
