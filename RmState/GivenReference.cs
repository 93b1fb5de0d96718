namespace Rm;

/// <summary>A reference that a foreign thread gave back; its state releases it.</summary>
internal sealed class GivenReference(nint block, string file, int line) : InboxItem(block)
{
    internal string File { get; } = file;

    internal int Line { get; } = line;
}
