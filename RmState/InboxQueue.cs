using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Rm;

/// <summary>Items in the order in which they came, on the state's thread. Needs no memory.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct InboxQueue
{
    private InboxItem? _first;
    private InboxItem? _last;

    internal readonly bool IsEmpty => _first is null;

    internal void Add(InboxItem item)
    {
        item.Next = null;
        if (_last is null)
        {
            _first = item;
        }
        else
        {
            _last.Next = item;
        }

        _last = item;
    }

    /// <summary>Appends a list that begins with the newest item, the oldest first.</summary>
    internal void AddReversed(InboxItem? newest)
    {
        InboxItem? oldest = null;
        while (newest is not null)
        {
            InboxItem? older = newest.Next;
            newest.Next = oldest;
            oldest = newest;
            newest = older;
        }

        while (oldest is not null)
        {
            InboxItem? newer = oldest.Next;
            Add(oldest);
            oldest = newer;
        }
    }

    /// <summary>Puts another queue's items before these; the other is empty then.</summary>
    internal void Prepend(ref InboxQueue others)
    {
        if (others._last is not null)
        {
            others._last.Next = _first;
            _last ??= others._last;
            _first = others._first;
            others = default;
        }
    }

    internal bool TryTake([NotNullWhen(true)] out InboxItem? item)
    {
        item = _first;
        if (item is null)
        {
            return false;
        }

        _first = item.Next;
        _last = _first is null ? null : _last;
        item.Next = null;
        return true;
    }
}
