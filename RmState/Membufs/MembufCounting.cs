using System.Runtime.CompilerServices;
using static Rm.Membufs.MembufShare;

namespace Rm.Membufs;

/// <summary>
/// How references are counted: by the owner in its record, by all others in the share, and by everybody there once the two are merged.
/// <code>
///                     owner retains, releases: Local, plain
///                               +---+
///                               v   |           others retain, release: count, locked
///     free --- allocate ---> [ owned ] --------------------------+
///      ^                        |    \                           v
///      |  owner's last release  |     \                     [ touched ]  owner + others
///      |  (nobody else touched) |      \                      |      \
///      +------------------------+       \  owner's next step, |       \  another's release makes
///      ^                                 \ or it reads its    |        \ Local + count = 0
///      |                                  \ mail, or it goes  v         v
///      |                                   +------------> [ merged ] --> [ dead ]
///      |                                                     count = 0      |  onFree, then home by mailbox
///      +--------------------------------------------------------------------+
/// </code>
/// <para>Why it is exact. A reference is made by somebody who has one. So a reading of Local and count that leaves out nothing on which
/// something in it depends, and that sums up to 0, means that nobody is left who could make one. Local is read after the word; what the
/// others' changes in the word depend on was written before them, and locked instructions pass it on (each acquires what the ones before
/// released). That the word did not change until the block is declared dead, the version in it proves: the swap fails otherwise.</para>
/// <para>What the owner's plain store cannot promise: that others see it before the owner looks whether they touched the block. Both may
/// then find the other's reference still there. So a release by another that leaves count below zero, and the sum above, queues the
/// record: its owner looks once more.</para>
/// </summary>
/// <typeparam name="TMemory">How memory is accessed.</typeparam>
internal static unsafe class MembufCounting<TMemory>
    where TMemory : struct, ICountMemory
{
    /// <summary>Counts one more in the owner's part, on the thread that owns the block.</summary>
    /// <param name="record">The record, whose tag names this thread.</param>
    /// <param name="count">The new count.</param>
    /// <returns>False, and nothing changed, when others touched the block, or the count outgrows that part.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryRetainOwned(MembufRecord* record, out long count)
    {
        int local = TMemory.Load(&record->Local) + 1;
        count = local;
        if (TMemory.Load(&record->Touched) != 0 || local <= 0)
        {
            return false;
        }

        TMemory.Store(&record->Local, local);
        return true;
    }

    /// <summary>Counts one less in the owner's part, if that leaves a reference; on the thread that owns the block.</summary>
    /// <param name="record">The record, whose tag names this thread.</param>
    /// <param name="remaining">The remaining count.</param>
    /// <returns>False, and nothing changed, when others touched the block, or this is the last reference.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryReleaseOwned(MembufRecord* record, out long remaining)
    {
        int local = TMemory.Load(&record->Local) - 1;
        remaining = local;
        if (TMemory.Load(&record->Touched) != 0 || local <= 0)
        {
            return false;
        }

        TMemory.Store(&record->Local, local);
        return true;
    }

    /// <summary>Whether a release by this thread, which owns the block, ends it, and nobody else touched it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsLastOwned(MembufRecord* record) => TMemory.Load(&record->Touched) == 0 && TMemory.Load(&record->Local) == 1;

    /// <summary>Declares a block dead that nobody but this thread, its owner, ever touched; for one that has something to do at its end.</summary>
    internal static void EndOwned(MembufRecord* record, MembufShare* share)
    {
        // Plain: by the rules nobody else has a part in it. Whoever comes against the rules finds it dead.
        TMemory.Store(&share->Word, TMemory.Load(&share->Word) + Change + Dead);
        TMemory.Store(&record->Touched, MembufRecord.ByOthers);
    }

    /// <summary>Counts one more in the share, of a block that this thread does not own and that is marked as touched.</summary>
    /// <param name="record">The record.</param>
    /// <param name="share">Its share.</param>
    /// <param name="tag">The record's tag as it was read.</param>
    /// <param name="word">The share as this left it.</param>
    /// <param name="count">The new count.</param>
    /// <returns>False when something is wrong: <see cref="AfterRetain"/> then tells what, and takes it back.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryRetainShared(MembufRecord* record, MembufShare* share, ulong tag, out long word, out long count)
    {
        word = TMemory.Add(&share->Word, Change + 1);
        bool counted = (word & (Dead | TooMany)) == 0 && ((TMemory.Load(&record->Tag) ^ tag) >> MembufRecord.GenerationShift) == 0;
        count = Math.Max(1, SumOf(record, share, word));
        return counted;
    }

    /// <summary>Counts one less in the share, of a block that this thread does not own and that is marked as touched.</summary>
    /// <param name="record">The record.</param>
    /// <param name="share">Its share.</param>
    /// <param name="word">The share as this left it.</param>
    /// <param name="remaining">The remaining count.</param>
    /// <returns>False when more is to do: <see cref="AfterRelease"/> goes on.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryReleaseShared(MembufRecord* record, MembufShare* share, out long word, out long remaining)
    {
        word = TMemory.Add(&share->Word, Change - 1);
        long least = (word & Merged) == 0 ? 0 : 1;

        // There was one left then, whatever the others have done with it meanwhile.
        remaining = Math.Max(1, SumOf(record, share, word));
        return (word & Dead) == 0 && CountOf(word) >= least;
    }

    /// <summary>Whether a release by a thread that does not own the block may be that of the only reference, handed over whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool MayBeOnly(MembufShare* share, ulong tag) =>
        (tag & MembufRecord.OwnerMask) != MembufRecord.Shared && IsUntouched(TMemory.Load(&share->Word));

    /// <summary>Counts one more, by whatever thread, in the general way.</summary>
    /// <param name="record">The record.</param>
    /// <param name="share">Its share.</param>
    /// <param name="tag">The record's tag as it was read.</param>
    /// <param name="identity">This thread's identity.</param>
    /// <param name="count">The new count.</param>
    internal static CountOutcome Retain(MembufRecord* record, MembufShare* share, ulong tag, ulong identity, out long count)
    {
        ulong owner = tag & MembufRecord.OwnerMask;
        if (owner == identity)
        {
            return RetainMerging(record, share, tag, out count);
        }

        if (owner != MembufRecord.Shared)
        {
            Touch(record);
        }

        return TryRetainShared(record, share, tag, out long word, out count)
            ? CountOutcome.Counted
            : AfterRetain(share, word, out count);
    }

    /// <summary>Takes back what <see cref="TryRetainShared"/> counted in vain, where that is no more than counting down.</summary>
    /// <param name="share">The share.</param>
    /// <param name="word">The share as the retain left it.</param>
    /// <param name="count">0.</param>
    internal static CountOutcome AfterRetain(MembufShare* share, long word, out long count)
    {
        count = 0;
        if ((word & (Dead | TooMany)) == 0)
        {
            return CountOutcome.Stale;
        }

        _ = TMemory.Add(&share->Word, Change - 1);
        return (word & Dead) != 0 ? CountOutcome.Dead : CountOutcome.Overflow;
    }

    /// <summary>Counts one less, by whatever thread, in the general way.</summary>
    /// <param name="record">The record.</param>
    /// <param name="share">Its share.</param>
    /// <param name="tag">The record's tag as it was read.</param>
    /// <param name="identity">This thread's identity.</param>
    /// <param name="remaining">The remaining count; 0 when the block is dead.</param>
    internal static CountOutcome Release(MembufRecord* record, MembufShare* share, ulong tag, ulong identity, out long remaining)
    {
        ulong owner = tag & MembufRecord.OwnerMask;
        long word;
        if (owner == identity)
        {
            // Merging and this release in one.
            int local = TMemory.Load(&record->Local);
            word = TMemory.Add(&share->Word, Change + Merged + local - 1);
            if ((word & Dead) != 0)
            {
                _ = TMemory.Add(&share->Word, Change - Merged - local + 1);
                remaining = 0;
                return CountOutcome.Dead;
            }

            BecomeShared(record, tag);
            return AfterRelease(record, share, tag, word, out remaining);
        }

        if (owner != MembufRecord.Shared)
        {
            // The only reference, handed over whole: no need to count it first.
            Touch(record);
            word = TMemory.Load(&share->Word);
            if (IsUntouched(word) && TMemory.Load(&record->Local) == 1 && TMemory.TrySwap(&share->Word, word + Change + Dead, word))
            {
                remaining = 0;
                return CountOutcome.Last;
            }
        }

        return TryReleaseShared(record, share, out word, out remaining)
            ? CountOutcome.Counted
            : AfterRelease(record, share, tag, word, out remaining);
    }

    /// <summary>Adds the owner's part to the share, so that every thread counts there.</summary>
    /// <param name="record">A record that this thread owns, or whose owner is gone.</param>
    /// <param name="share">Its share.</param>
    internal static void Merge(MembufRecord* record, MembufShare* share)
    {
        ulong tag = TMemory.Load(&record->Tag);
        int local = TMemory.Load(&record->Local);
#if RM_MUTATIONS
        local = MembufMutation.Is(MembufMutation.MergeForgetsLocal) ? 0 : local;
#endif
        long word;
        do
        {
            word = TMemory.Load(&share->Word);
            if ((word & (Dead | Merged)) != 0)
            {
                return;
            }
        }
        while (!TMemory.TrySwap(&share->Word, word + Change + Merged + local, word));

        BecomeShared(record, tag);
    }

    /// <summary>Looks at a record out of the mailbox, on the thread that owns its home.</summary>
    internal static CountOutcome Settle(MembufRecord* record, MembufShare* share)
    {
        ulong tag = TMemory.Load(&record->Tag);
        while (true)
        {
            long word = TMemory.Load(&share->Word);
            if ((word & Dead) != 0)
            {
                if ((word & Queued) == 0 || (word & Finished) != 0)
                {
                    return CountOutcome.Recycle;
                }
#if RM_MUTATIONS
                if (MembufMutation.Is(MembufMutation.SettledTwice))
                {
                    return CountOutcome.Recycle;
                }
#endif

                // Its end is under way. Whoever does it finds the record out of the mailbox, and puts it there again.
                if (TMemory.TrySwap(&share->Word, word + Change - Queued, word))
                {
                    return CountOutcome.Counted;
                }

                continue;
            }

            if ((word & Merged) != 0)
            {
                // An owner that merged it on leaving did not look whether anybody was left.
                bool last = CountOf(word) == 0;
                if (TMemory.TrySwap(&share->Word, word + Change - Queued + (last ? Dead : 0), word))
                {
                    return last ? CountOutcome.Last : CountOutcome.Counted;
                }

                continue;
            }

            int local = TMemory.Load(&record->Local);
            long merged = word + Change + Merged + local - Queued;
#if RM_MUTATIONS
            if (CountOf(merged) == 0 && !MembufMutation.Is(MembufMutation.SettleForgetsLast))
#else
            if (CountOf(merged) == 0)
#endif
            {
                // Nobody is left: dead and merged in one.
                if (TMemory.TrySwap(&share->Word, merged + Dead, word))
                {
                    BecomeShared(record, tag);
                    return CountOutcome.Last;
                }
            }
            else if (TMemory.TrySwap(&share->Word, merged, word))
            {
                BecomeShared(record, tag);
                return CountOutcome.Counted;
            }
        }
    }

    /// <summary>Says that the end of a dead block is done, by the thread that declared it dead.</summary>
    /// <returns>Whether the record is in no mailbox: then it goes into one, or is used again at once by the thread of its home.</returns>
    internal static bool Finish(MembufShare* share)
    {
        while (true)
        {
            long word = TMemory.Load(&share->Word);
            if ((word & Queued) == 0)
            {
                return true;
            }
#if RM_MUTATIONS
            if (MembufMutation.Is(MembufMutation.FinishIgnoresMail))
            {
                return true;
            }
#endif

            if (TMemory.TrySwap(&share->Word, word + Change + Finished, word))
            {
                return false;
            }
        }
    }

    /// <summary>Makes the record of a dead block free for the next one, on the thread that owns its home.</summary>
    /// <param name="record">The record.</param>
    /// <param name="share">Its share.</param>
    /// <returns>False while somebody who came too late has not yet taken back what he counted; to be tried again.</returns>
    internal static bool TryRecycle(MembufRecord* record, MembufShare* share)
    {
        // First the generation: who finds the word as new finds that it is not his block's.
        ulong tag = TMemory.Load(&record->Tag);
        if (MembufRecord.IsTaken(tag))
        {
            TMemory.Store(&record->Tag, MembufRecord.NextFree(tag));
        }

        // As an owner's last release leaves it: the next block begins with one reference.
        TMemory.Store(&record->Local, 1);

        while (true)
        {
            long word = TMemory.Load(&share->Word);
            if (CountOf(word) != 0)
            {
                return false;
            }

            if (TMemory.TrySwap(&share->Word, ((word & ChangeMask) + Change) | Bias, word))
            {
                return true;
            }
        }
    }

    /// <summary>How many references a block has: exact while nobody changes them, else as of a moment ago.</summary>
    internal static long CountOfBlock(MembufRecord* record, MembufShare* share)
    {
        // Between a word from before a merge and Local from after it lie the references that were merged.
        while (true)
        {
            long word = TMemory.Load(&share->Word);
            long count = (word & Dead) != 0 ? 0 : SumOf(record, share, word);
            if ((word & Merged) != 0 || TMemory.Load(&share->Word) == word)
            {
                return count;
            }
        }
    }

    /// <summary>Whether there is one reference only.</summary>
    internal static bool IsUnique(MembufRecord* record, MembufShare* share)
    {
        while (true)
        {
            long word = TMemory.Load(&share->Word);
            bool unique = (word & Dead) == 0 && SumOf(record, share, word) == 1;
            if (!unique || TMemory.Load(&share->Word) == word)
            {
                return unique;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long SumOf(MembufRecord* record, MembufShare* share, long word)
    {
        if ((word & Merged) == 0)
        {
            int local = TMemory.Load(&record->Local);
            if (local != 0)
            {
                return CountOf(word) + local;
            }

            // The owner always has some until it merges: it did so after the word was read.
            word = TMemory.Load(&share->Word);
        }

        return CountOf(word);
    }

    private static CountOutcome RetainMerging(MembufRecord* record, MembufShare* share, ulong tag, out long count)
    {
        int local = TMemory.Load(&record->Local);
#if RM_MUTATIONS
        local += MembufMutation.Is(MembufMutation.MergeCountsTwice) ? 1 : 0;
#endif
        long word = TMemory.Add(&share->Word, Change + Merged + local + 1);
        if ((word & Dead) != 0)
        {
            _ = TMemory.Add(&share->Word, Change - Merged - local - 1);
            count = 0;
            return CountOutcome.Dead;
        }

        BecomeShared(record, tag);
        count = CountOf(word);
        return CountOutcome.Counted;
    }

    // The word says first that it is merged: until then others add Local to what they find there, and swap in vain if it changed.
    private static void BecomeShared(MembufRecord* record, ulong tag)
    {
        TMemory.Store(&record->Local, 0);
        Touch(record);
        TMemory.Store(&record->Tag, tag | MembufRecord.Shared);
    }

    // Before the first locked instruction on the share, which makes it seen: the owner then counts there too.
    private static void Touch(MembufRecord* record)
    {
        byte touched = TMemory.Load(&record->Touched);
#if RM_MUTATIONS
        touched |= MembufMutation.Is(MembufMutation.TouchForgotten) ? MembufRecord.ByOthers : (byte)0;
#endif
        if ((touched & MembufRecord.ByOthers) == 0)
        {
            TMemory.Store(&record->Touched, (byte)(touched | MembufRecord.ByOthers));
        }
    }

    /// <summary>Finds out what a release left, after the share was counted down.</summary>
    /// <param name="record">The record.</param>
    /// <param name="share">Its share.</param>
    /// <param name="tag">The record's tag as it was read.</param>
    /// <param name="word">The share as the release left it.</param>
    /// <param name="remaining">The remaining count; 0 when the block is dead.</param>
    internal static CountOutcome AfterRelease(MembufRecord* record, MembufShare* share, ulong tag, long word, out long remaining)
    {
        if ((word & Dead) != 0)
        {
            _ = TMemory.Add(&share->Word, Change + 1);
            remaining = 0;
            return CountOutcome.Dead;
        }

        while (true)
        {
            long sum = SumOf(record, share, word);
            long wanted;
            CountOutcome outcome;
#if RM_MUTATIONS
            if (IsMisled(share, word, sum, out outcome))
            {
                remaining = sum;
                return outcome;
            }
#endif
            if (sum == 0)
            {
                // The count of a dead block is 0, so that one who comes too late is seen until he took his back.
                (wanted, outcome) = ((word & ~CountMask) + Bias + Change + Dead, CountOutcome.Last);
            }
            else if (sum < 0)
            {
                (wanted, outcome) = (word + Change + 1, CountOutcome.OverReleased);
            }
            else if (CountOf(word) < 0 && (word & (Queued | Merged)) == 0)
            {
                (wanted, outcome) = (word + Change + Queued, CountOutcome.Queue);
            }
            else
            {
                remaining = sum;
                return CountOutcome.Counted;
            }

            if (TMemory.TrySwap(&share->Word, wanted, word))
            {
                remaining = outcome == CountOutcome.Queue ? sum : 0;
                return outcome;
            }

            // Without a reference nothing holds the block any more: another may have found this release counted, and nobody left, and the
            // record may be the next block's. The generation changes before the word is made new, so it is read after it.
            word = TMemory.Load(&share->Word);
            if ((word & Dead) != 0 || ((TMemory.Load(&record->Tag) ^ tag) >> MembufRecord.GenerationShift) != 0)
            {
                remaining = 0;
                return CountOutcome.Counted;
            }
        }
    }

#if RM_MUTATIONS
    private static bool IsMisled(MembufShare* share, long word, long sum, out CountOutcome outcome)
    {
        bool leavesOut = sum > 0 && MembufMutation.Is(MembufMutation.QueueLeftOut);
        bool stores = sum == 0 && MembufMutation.Is(MembufMutation.LastNotSwapped);
        if (stores)
        {
            TMemory.Store(&share->Word, (word & ~CountMask) + Bias + Change + Dead);
        }

        outcome = stores ? CountOutcome.Last : CountOutcome.Counted;
        return leavesOut || stores;
    }
#endif
}
