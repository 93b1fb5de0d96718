namespace Rm.Tool.Replay;

/// <summary>How much of a trace lives, event by event.</summary>
internal struct LiveCursor
{
    private int _event;
    private int _nextObject;

    public long Blocks { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Goes on to where as many events were replayed.</summary>
    public void AdvanceTo(ReplayScript script, int end)
    {
        for (; _event < end; _event++)
        {
            ReplayOp op = script.Ops[_event];
            if (op is ReplayOp.Free or ReplayOp.FreeAligned or ReplayOp.Reallocate or ReplayOp.ReallocateAligned)
            {
                Blocks--;
                Bytes -= (long)script.Sizes[script.Released[_event]];
            }

            if (op is not (ReplayOp.Free or ReplayOp.FreeAligned))
            {
                Blocks++;
                Bytes += (long)script.Sizes[_nextObject++];
            }
        }
    }
}
