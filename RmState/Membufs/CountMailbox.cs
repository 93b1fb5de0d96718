namespace Rm.Membufs;

/// <summary>
/// A stack of records for one reader: any thread puts one in, the home's thread takes all. Taking all at once leaves no room for the
/// mistake that taking one by one invites, a head that came back in between.
/// </summary>
/// <typeparam name="TMemory">How memory is accessed.</typeparam>
internal static unsafe class CountMailbox<TMemory>
    where TMemory : struct, ICountMemory
{
    /// <summary>Puts a record in.</summary>
    /// <param name="head">The mailbox.</param>
    /// <param name="record">The record; in no mailbox.</param>
    /// <param name="share">Its share.</param>
    /// <remarks>The swap is a full fence: whether the home still has an owner is read after it.</remarks>
    internal static void Put(long* head, MembufRecord* record, MembufShare* share)
    {
        long first;
        do
        {
            first = TMemory.Load(head);
            TMemory.Store(&share->Next, first);
#if RM_MUTATIONS
            share->Next = MembufMutation.Is(MembufMutation.MailLost) ? 0 : first;
#endif
        }
        while (!TMemory.TrySwap(head, (long)record, first));
    }

    /// <summary>Takes all records.</summary>
    /// <returns>The one put in last, linked by its share; null when there is none.</returns>
    internal static MembufRecord* TakeAll(long* head) =>
        TMemory.Load(head) == 0 ? null : (MembufRecord*)TMemory.Exchange(head, 0);
}
