namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// All programs of two threads and one block in which the owner, T0, gives T1 one or two references, and both then add and drop what they
/// hold in up to four operations each. T0 reads its mail in the end, or leaves the heap before or after that.
/// </summary>
internal static class SmallPrograms
{
    private const int MostOfOwner = 3;
    private const int MostOfOther = 4;

    /// <summary>Writes every program for a heap of its own.</summary>
    internal static IEnumerable<History> WriteAll(Func<ScheduledHeap> newHeap)
    {
        foreach (int given in (int[])[1, 2])
        {
            foreach (bool keepsOne in (bool[])[false, true])
            {
                foreach (string owner in Changes(keepsOne ? 1 : 0, MostOfOwner))
                {
                    foreach (string other in Changes(given, MostOfOther))
                    {
                        foreach (OwnerLeaves leaves in Enum.GetValues<OwnerLeaves>())
                        {
                            yield return Write(newHeap(), given, keepsOne, owner, other, leaves);
                        }
                    }
                }
            }
        }
    }

    private static History Write(ScheduledHeap heap, int given, bool keepsOne, string owner, string other, OwnerLeaves leaves)
    {
        Operation alloc = heap.Alloc(0, 0);
        Operation last = leaves == OwnerLeaves.Never ? heap.SettleLast(0) : heap.Detach(0);
        IEnumerable<Operation> changes = owner.Select(c => c == '+' ? heap.Ref(0, 0) : heap.Deref(0, 0));
        Operation[] refs = [.. Enumerable.Repeat(heap.Ref(0, 0), given - (keepsOne ? 0 : 1))];
        return heap.Write(
            "small program",
            [alloc, .. refs, heap.Hand(1), .. leaves == OwnerLeaves.First ? changes.Prepend(last) : changes.Append(last)],
            [heap.Get(1), .. other.Select(c => c == '+' ? heap.Ref(1, 0) : heap.Deref(1, 0))]);
    }

    /// <summary>All legal sequences of additions and drops that leave none, and none that has more after that.</summary>
    private static IEnumerable<string> Changes(int held, int most)
    {
        if (held == 0)
        {
            yield return "";
        }
        else if (held <= most)
        {
            foreach (string rest in Changes(held - 1, most - 1))
            {
                yield return "-" + rest;
            }

            foreach (string rest in Changes(held + 1, most - 1))
            {
                yield return "+" + rest;
            }
        }
    }
}
