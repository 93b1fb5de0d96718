using Rm.Membufs;

namespace Rm.Tests.Membufs.Histories;

/// <summary>A stack that anybody pushes to and its owner empties: what explorations of a mailbox are proved on.</summary>
internal static unsafe class ToyMailbox<TMemory>
    where TMemory : struct, ICountMemory
{
    /// <summary>An entry begins with the link to the next.</summary>
    internal static void Push(long* head, long* entry)
    {
        long first;
        do
        {
            first = TMemory.Load(head);
            TMemory.Store(entry, first);
        }
        while (!TMemory.TrySwap(head, (long)entry, first));
    }

    /// <summary>Takes all entries, and tells of each.</summary>
    internal static int TakeAll(long* head, Action<nint> take)
    {
        int count = 0;
        for (long* entry = (long*)TMemory.Exchange(head, 0); entry != null; count++)
        {
            long* next = (long*)TMemory.Load(entry);
            take((nint)entry);
            entry = next;
        }

        return count;
    }
}
