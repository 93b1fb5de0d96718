using System.Diagnostics.CodeAnalysis;
using Rm.Violations;

namespace Rm;

/// <content>References that are objects: generation-checked ones, and those that other threads gave up.</content>
public sealed unsafe partial class RmState
{
    // A stack of references given up on other threads. Pushing is a compare-and-swap; the owner takes the whole stack with one
    // exchange. Nothing is ever popped singly, so a node that comes back cannot be mistaken for the one that was there (ABA).
    private OwnedReference? _abandoned;

    /// <summary>The pool that lends this state, if one does; opaque here.</summary>
    internal object? Lender { get; set; }

    /// <summary>Odd while a pool lends the state out, even while it does not; only ever grows, so each lease has its own number.</summary>
    [SuppressMessage("Design", "CA1051:Do not declare visible instance fields", Justification = "Interlocked needs the field; it is internal.")]
    internal long LeaseNumber;

    /// <summary>Makes a weak, generation-checked reference to a block: it takes no reference and never answers for another block.</summary>
    /// <param name="block">A live block of this state.</param>
    /// <returns>The reference; copies are as good as the original.</returns>
    /// <remarks>
    /// O(1) expected. The first one of a block gives it a generation, which may need memory for its side record. Thread rule: the
    /// state's. Mirrors no seed function; the seeds know addresses only.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The block is 0.</exception>
    /// <exception cref="UntrackedPointerException">The state does not know the block.</exception>
    /// <exception cref="FinalizingBlockException">The block's deallocator is running.</exception>
    /// <exception cref="OutOfMemoryException">No memory for the side record; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public RmRef RmReference(nint block) => new(this, block, EnsureGeneration(block));

    /// <inheritdoc cref="RmReference(nint)"/>
    public RmRef RmReference(void* block) => RmReference((nint)block);

    /// <summary>
    /// Gives back the references that other threads gave up: those of handles that were finalized or abandoned, and of memory
    /// that was disposed while pinned.
    /// </summary>
    /// <returns>How many references were given back. Those of blocks that are gone anyway (after a reset) do not count.</returns>
    /// <remarks>
    /// O(number given up); when there are none, one read. Call it now and then where handles cross threads; nothing else
    /// does it for you, except a pool that takes the state back. Thread rule: the state's.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    /// <exception cref="AggregateException">Several deallocators threw; one alone surfaces as it is. All references were given back.</exception>
    public int ReleaseAbandoned()
    {
        BeginRead();
        if (Volatile.Read(ref _abandoned) is null)
        {
            return 0;
        }

        int released = 0;
        List<Exception>? failures = null;
        OwnedReference? reference = Interlocked.Exchange(ref _abandoned, null);
        while (reference is not null)
        {
            OwnedReference? next = reference.Next;
            reference.Next = null;
            try
            {
                released += reference.Release() ? 1 : 0;
            }
            catch (Exception e)
            {
                (failures ??= []).Add(e);
            }

            reference = next;
        }

        Rethrow(Combine(failures));
        return released;
    }

    /// <summary>What a pool does with a state that comes back: nothing that was given up in time counts as leaked.</summary>
    internal void Empty()
    {
        List<Exception>? failures = null;
        try
        {
            ReleaseAbandoned();
        }
        catch (Exception e) when (e is not ConcurrentUseException)
        {
            (failures ??= []).Add(e);
        }

        bool isInUse = false;
        try
        {
            Reset();
        }
        catch (Exception e)
        {
            isInUse = e is ConcurrentUseException;
            (failures ??= []).Add(e);
        }

        if (_mailbox is not null && !isInUse && Statistics.LiveBlocks == 0)
        {
            // Inboxes that this user of the state gave away must not reach the next one.
            EndMailbox(new Mailbox(), ref failures);
        }

        Rethrow(Combine(failures));
    }

    internal void Abandon(OwnedReference reference)
    {
        // A disposed state releases nothing more; queueing would only keep objects alive.
        if (IsDisposed)
        {
            return;
        }

        OwnedReference? head = Volatile.Read(ref _abandoned);
        while (true)
        {
            reference.Next = head;
            OwnedReference? seen = Interlocked.CompareExchange(ref _abandoned, reference, head);
            if (ReferenceEquals(seen, head))
            {
                return;
            }

            head = seen;
        }
    }

    internal StaleReferenceException StaleReference(nint block, string member)
    {
        string fate = RmContains(block) ? "was released and its address belongs to another block now" : "was released";
        var violation = new StaleReferenceException(
            $"{member} of a reference to 0x{block:x}: the block {fate}. Ask with IsAlive or TryGetBlock, or take a new reference with RmReference.", block);
        Report(violation);
        return violation;
    }

    internal void ReportOutlived(nint block)
    {
        var violation = new StaleReferenceException(
            $"A handle or memory of 0x{block:x} ended after its block in {NameForMessages}: somebody released its reference, or the state was reset first. Release only references of your own, and end holders before the state is reset.",
            block);
        Report(violation);
        _options.OnViolation?.Invoke(violation);
    }
}
