namespace Rm.Membufs;

/// <summary>
/// A release whose onFree runs on this thread's stack. Blocks of the same heap that end meanwhile are done by it afterwards, so that a chain of
/// any length takes no more stack than one.
/// </summary>
internal unsafe struct EndFrame
{
    [ThreadStatic]
    private static EndFrame* _innermost;

    public HeapHead* Heap;
    public EndFrame* Outer;

    /// <summary>The number of the first record that waits, 0 for none; each names the next where its count was.</summary>
    public int Waiting;

    internal static ref EndFrame* Innermost => ref _innermost;

    /// <summary>The frame of a heap on this thread's stack.</summary>
    /// <returns>Null when there is none.</returns>
    internal static EndFrame* Of(HeapHead* heap)
    {
        EndFrame* frame = _innermost;
        while (frame != null && frame->Heap != heap)
        {
            frame = frame->Outer;
        }

        return frame;
    }
}
