namespace Rm;

/// <summary>Something that waits in a state's mailbox. It is its own node there, so that posting it cannot fail for lack of memory.</summary>
internal abstract class InboxItem(nint block)
{
    internal nint Block { get; } = block;

    /// <summary>The next one in the list it is part of.</summary>
    internal InboxItem? Next { get; set; }
}
