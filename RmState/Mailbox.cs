namespace Rm;

/// <summary>
/// What other threads leave for a state: a stack onto which they push with a compare-and-swap and which the state takes whole with one
/// exchange. Nothing is ever popped singly, so an item that comes back cannot be mistaken for the one that was there (ABA).
/// </summary>
/// <remarks>
/// A closed box holds an item that marks it so. Closing is the exchange that takes the last items: whatever was pushed before is
/// among them, and whatever comes later is refused, so that no item is ever in a box that nobody empties.
/// </remarks>
internal sealed class Mailbox
{
    private static readonly InboxItem ClosedMark = new GivenReference(0, "", 0);

    private InboxItem? _newest;

    /// <summary>Held by who uses the allocator of a state that is gone.</summary>
    internal Lock Turns { get; } = new();

    /// <summary>One volatile read.</summary>
    internal bool IsEmpty => Volatile.Read(ref _newest) is not { } newest || ReferenceEquals(newest, ClosedMark);

    internal bool IsClosed => ReferenceEquals(Volatile.Read(ref _newest), ClosedMark);

    /// <summary>The box that took this one's place before it was closed; null where the state is gone.</summary>
    internal Mailbox? Successor { get; set; }

    /// <summary>Leaves an item, on any thread.</summary>
    /// <returns>False when the box is closed; the item is still the caller's.</returns>
    internal bool TryPost(InboxItem item)
    {
        InboxItem? newest = Volatile.Read(ref _newest);
        while (!ReferenceEquals(newest, ClosedMark))
        {
            item.Next = newest;
            InboxItem? seen = Interlocked.CompareExchange(ref _newest, item, newest);
            if (ReferenceEquals(seen, newest))
            {
                return true;
            }

            newest = seen;
        }

        item.Next = null;
        return false;
    }

    /// <summary>Takes what came, the newest first; on the state's thread.</summary>
    internal InboxItem? TakeAll() =>
        IsEmpty ? null : Interlocked.Exchange(ref _newest, value: null);

    /// <summary>Takes what came, the newest first, and refuses all that comes later.</summary>
    internal InboxItem? Close()
    {
        InboxItem? last = Interlocked.Exchange(ref _newest, ClosedMark);
        return ReferenceEquals(last, ClosedMark) ? null : last;
    }
}
