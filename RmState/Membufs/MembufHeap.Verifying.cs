using Rm.Violations;
using Protocol = Rm.Membufs.MembufCounting<Rm.Membufs.NativeCountMemory>;

namespace Rm.Membufs;

// Checking every invariant.
public sealed unsafe partial class MembufHeap
{
    /// <summary>
    /// Checks every invariant of the heap and of its threads' pools; with <see cref="MembufHeapOptions.CountsReferences"/> also that the
    /// counts of live blocks are what was allocated and referenced less what was given back. O(blocks ever live at once).
    /// </summary>
    /// <exception cref="CorruptArenaException">One is broken.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>Thread rule: no other thread may use the heap meanwhile.</remarks>
    public void Verify()
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            if (FindBroken() is { } broken)
            {
                throw new CorruptArenaException(
                    $"{NameForMessages} is corrupt: {broken}. Native code wrote over its tables, or another thread used it during the check.");
            }

            foreach (MembufHome? home in _homes)
            {
                home?.Pool.Verify();
            }
        }
    }

    private string? FindBroken()
    {
        var taken = new long[_homeCount];
        long counts = 0;
        foreach (nint place in _store.Records)
        {
            var record = (MembufRecord*)place;
            MembufShare* share = RecordChunk.ShareOf(record);
            ulong tag = record->Tag;
            if (tag == 0)
            {
                continue;
            }

            if (!MembufRecord.IsTaken(tag))
            {
                if ((share->Word & MembufShare.Dead) != 0)
                {
                    // Somebody who came too late has yet to take back what he counted.
                    taken[record->Home]++;
                }
                else if (!MembufShare.IsUntouched(share->Word))
                {
                    return $"the share of the free place at 0x{record->Address:x} is not as new";
                }

                continue;
            }

            if (Find(record->Address) != record || record->Home >= _homeCount)
            {
                return $"the membuf at 0x{record->Address:x} is not found by its address";
            }

            taken[record->Home]++;
            long count = Protocol.CountOfBlock(record, share);
            counts += count;
            if (count < 0 || (count == 0 && (share->Word & MembufShare.Dead) == 0))
            {
                return $"the membuf at 0x{record->Address:x} lives with {count} references";
            }
        }

        for (int i = 0; i < taken.Length; i++)
        {
            HomeTables* home = _homes[i]!.Tables;
            long expectedTaken = home->Allocations - home->Recycled;
            if (taken[i] != expectedTaken)
            {
                return $"home {i} has {taken[i]} membufs, not {expectedTaken}";
            }
        }

        MembufHeapStatistics statistics = Statistics;
        long expected = statistics.Allocations + statistics.References - statistics.Releases;
        return _counts && counts != expected ? $"its membufs have {counts} references, not {expected}" : null;
    }
}
