using System.Diagnostics.CodeAnalysis;
using Rm.Counting;
using Rm.Violations;

namespace Rm;

public sealed unsafe partial class RmState
{
    private string NameForMessages => _options.Name is { } name ? $"state '{name}'" : "this state";

    /// <summary>The exception that an outcome means to the caller of a throwing member.</summary>
    private Exception Failure(Outcome outcome, nint block, string member, nuint size = 0, string file = "", int line = 0) => outcome switch
    {
        Outcome.Null => new ArgumentNullException(
            nameof(block), $"{member} was given null: it needs the address of a block; only RmRelease accepts null, as free does."),
        Outcome.NoMemory => new OutOfMemoryException(
            $"{member} found no memory for a block of {size} bytes or its entry; nothing changed in {NameForMessages}."),
        Outcome.Overflow => new OverflowException(
            $"{member} of 0x{block:x}: the count has reached its limit of {long.MaxValue} and is unchanged."),
        Outcome.Untracked => Report(Untracked(block, member, new RmSite(file, line))),
        Outcome.Held => Report(Held(block, member)),
        Outcome.AlreadyTracked => Report(new AlreadyTrackedException(
            $"{member} of 0x{block:x}: {NameForMessages} tracks it already and its count is unchanged. To add a reference call RmRetain or RmAttachOrRetain.",
            block)),
        Outcome.Finalizing => Report(new FinalizingBlockException(
            $"{member} of 0x{block:x}: its deallocator is running or about to run; a block whose count reached 0 cannot be used again.",
            block)),
        Outcome.Shared => Report(new SharedBlockException(
            $"{member} of 0x{block:x}: it has more than one reference, and the other holders would keep a stale address. Release them first.",
            block)),
        Outcome.Foreign => Report(new ForeignBlockException(
            $"{member} of 0x{block:x}: it was attached, so the allocator of {NameForMessages} cannot resize it. Allocate a new block and copy.",
            block)),
        Outcome.NotInUse => Report(NotInUse(block, member)),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    /// <summary>Counts a violation and tells the observer; returns it to be thrown.</summary>
    private MemoryViolationException Report(MemoryViolationException violation)
    {
        _header->Violations++;
        _observer?.Violated(violation);
        Announce(violation);
        if (_options.ViolationPolicy == RmViolationPolicy.Break)
        {
            _options.Break();
        }

        return violation;
    }

    /// <summary>Throws what an outcome means, or reports it where that is the policy.</summary>
    /// <returns>0, what a call returns that did nothing.</returns>
    private long Refuse(Outcome outcome, nint block, string member, string file, int line, nuint size = 0)
    {
        Exception failure = Failure(outcome, block, member, size, file, line);
        if (failure is MemoryViolationException violation && _options.ViolationPolicy == RmViolationPolicy.Report)
        {
            _options.OnViolation!(violation);
            return 0;
        }

        throw failure;
    }

    private MemoryViolationException ConcurrentUse() => Report(new ConcurrentUseException(
        $"{NameForMessages} is in use already: by another thread, or by the call that its allocator or observer is part of. A state belongs to one thread at a time; make one per thread."));

    [DoesNotReturn]
    private void ThrowDisposed() => throw new ObjectDisposedException(nameof(RmState), $"{NameForMessages} was disposed.");

    /// <summary>Fails a read of a state that is busy or gone.</summary>
    private StateHeader* BeginRead()
    {
        StateHeader* h = _header;
        if ((h->Operations & 1) != 0)
        {
            throw ConcurrentUse();
        }

        if ((h->Modes & StateModes.Disposed) != 0)
        {
            ThrowDisposed();
        }

        return h;
    }
}
