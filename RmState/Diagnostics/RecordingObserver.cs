using Rm.Violations;

namespace Rm.Diagnostics;

/// <summary>Writes down what a state tells.</summary>
internal sealed class RecordingObserver(RmState state, RecordingWriter writer) : StateObserver
{
    // Blocks lived when the state was about to end them, and what became of them is not known yet.
    private bool _isUnsettled;

    /// <summary>The recording begins: what lives already is part of it.</summary>
    internal void Begin(DateTimeOffset now)
    {
        writer.Begin(now, state.Name);
        foreach (RmBlock block in state.RmBlocks)
        {
            string file = block.Site.File ?? "";
            if (block.Size is { } size)
            {
                writer.Block(RecordingOp.Live, RecordingFormat.Detail, block.Address, (ulong)block.Count, size, file, block.Site.Line);
            }
            else
            {
                writer.Block(RecordingOp.Live, 0, block.Address, (ulong)block.Count, file, block.Site.Line);
            }
        }
    }

    /// <summary>The recording ends.</summary>
    internal void Complete()
    {
        Settle(state.Statistics.LiveBlocks == 0);
        writer.Complete();
    }

    internal override void Done(in StateEvent done)
    {
        if (_isUnsettled)
        {
            // The first block of an emptied state is its only one; otherwise those that lived still count.
            Settle(done.Operation is RmOperation.Allocate or RmOperation.Attach && state.Statistics.LiveBlocks == 1);
        }

        switch (done.Operation)
        {
            case RmOperation.Retain:
                writer.Block(RecordingOp.Retain, 0, done.Block, done.File, done.Line);
                break;
            case RmOperation.Release:
                writer.Block(RecordingOp.Release, 0, done.Block, done.File, done.Line);
                break;
            case RmOperation.Allocate when done.Kind == AllocationKind.Plain:
                writer.Block(RecordingOp.Malloc, 0, done.Block, done.Size, done.File, done.Line);
                break;
            case RmOperation.Free:
                bool isCalled = done.Line != 0 || done.File.Length != 0;
                writer.Block(RecordingOp.Free, isCalled ? (byte)0 : RecordingFormat.Detail, done.Block, done.File, done.Line);
                break;
            default:
                WriteRare(done);
                break;
        }
    }

    internal override void Violated(MemoryViolationException violation)
    {
        Settle(isAbandoned: false);
        writer.Block(
            RecordingOp.Violation, 0, violation.Block, (ulong)MisuseOf(violation), (ulong)MemberOf(violation.Message), "", 0);
    }

    internal override void Ending()
    {
        writer.Mark(RecordingMark.Ending);
        _isUnsettled = true;
    }

    internal override void Ended()
    {
        Settle(isAbandoned: true);
        writer.Mark(RecordingMark.Disposed);
        writer.Flush();
    }

    internal static RecordedMisuse MisuseOf(MemoryViolationException violation) => violation switch
    {
        UntrackedPointerException => RecordedMisuse.Untracked,
        AlreadyTrackedException => RecordedMisuse.AlreadyTracked,
        FinalizingBlockException => RecordedMisuse.Finalizing,
        SharedBlockException => RecordedMisuse.Shared,
        ForeignBlockException => RecordedMisuse.Foreign,
        AddressReusedException => RecordedMisuse.AddressReused,
        LiveBlocksException => RecordedMisuse.LiveBlocks,
        ConcurrentUseException => RecordedMisuse.ConcurrentUse,
        DoubleFreeException => RecordedMisuse.DoubleFree,
        MisalignedPointerException => RecordedMisuse.Misaligned,
        CountedBlockException => RecordedMisuse.Counted,
        StaleReferenceException => RecordedMisuse.Stale,
        CorruptStateException => RecordedMisuse.Corrupt,
        HeldBlockException => RecordedMisuse.Held,
        OverrunException => RecordedMisuse.Overrun,
        _ => RecordedMisuse.Other,
    };

    // A violation's message begins with the member that refused.
    private static RecordedMember MemberOf(ReadOnlySpan<char> message) =>
        message.StartsWith(nameof(RmState.RmRelease), StringComparison.Ordinal) ? RecordedMember.Release
        : message.StartsWith(nameof(RmState.RmRetain), StringComparison.Ordinal) ? RecordedMember.Retain
        : message.StartsWith(nameof(RmState.RmAttach), StringComparison.Ordinal) ? RecordedMember.Attach
        : message.StartsWith(nameof(RmState.RmDetach), StringComparison.Ordinal) ? RecordedMember.Detach
        : message.StartsWith(nameof(RmState.RmRealloc), StringComparison.Ordinal) ? RecordedMember.Realloc
        : RecordedMember.Other;

    private void WriteRare(in StateEvent done)
    {
        switch (done.Operation)
        {
            case RmOperation.Allocate when done.Kind == AllocationKind.Zeroed:
                writer.Block(RecordingOp.Calloc, 0, done.Block, done.Size, done.File, done.Line);
                break;
            case RmOperation.Allocate:
                writer.Block(RecordingOp.Aligned, 0, done.Block, done.AlignmentLog2, done.Size, done.File, done.Line);
                break;
            case RmOperation.Reallocate:
                writer.Moved(done.Previous, done.Block, done.Size, done.File, done.Line);
                break;
            case RmOperation.Attach when done.Size == StateEvent.UnknownSize:
                writer.Block(RecordingOp.Attach, 0, done.Block, done.File, done.Line);
                break;
            case RmOperation.Attach:
                writer.Block(RecordingOp.Attach, RecordingFormat.Detail, done.Block, done.Size, done.File, done.Line);
                break;
            default:
                writer.Block(RecordingOp.Detach, 0, done.Block, done.File, done.Line);
                break;
        }
    }

    private void Settle(bool isAbandoned)
    {
        if (_isUnsettled && isAbandoned)
        {
            writer.Mark(RecordingMark.Abandoned);
        }

        _isUnsettled = false;
    }
}
