namespace Rm.Tests.Membufs.Histories;

/// <summary>Small histories of a heap that pass references between threads in every way that its protocol tells apart. T0 allocates.</summary>
internal static class HeapHistories
{
    /// <summary>All of them, by name.</summary>
    internal static Dictionary<string, Func<ScheduledHeap, History>> All { get; } = new(StringComparer.Ordinal)
    {
        ["owner alone"] = h => h.Write(
            "owner alone",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Deref(0, 0), h.Deref(0, 0), h.AllocIfFree(0, 1), h.Deref(0, 1), h.SettleLast(0)]),
        ["producer and consumer"] = h => h.Write(
            "producer and consumer",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Deref(0, 0), h.SettleLast(0)],
            [h.Get(1), h.Deref(1, 0)]),
        ["consumer that references"] = h => h.Write(
            "consumer that references",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Ref(0, 0), h.Deref(0, 0), h.Deref(0, 0), h.SettleLast(0)],
            [h.Get(1), h.Ref(1, 0), h.Deref(1, 0), h.Deref(1, 0)]),
        ["both release two"] = h => h.Write(
            "both release two",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Ref(0, 0), h.Ref(0, 0), h.Hand(1), h.Deref(0, 0), h.Deref(0, 0), h.SettleLast(0)],
            [h.Get(1), h.Deref(1, 0), h.Deref(1, 0)]),
        ["fan-out"] = h => h.Write(
            "fan-out",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Ref(0, 0), h.Hand(2), h.Deref(0, 0), h.SettleLast(0)],
            [h.Get(1), h.Deref(1, 0)],
            [h.Get(2), h.Deref(2, 0)]),
        ["transfer"] = h => h.Write(
            "transfer",
            [h.Alloc(0, 0), h.Hand(1), h.SettleLast(0)],
            [h.Get(1), h.Ref(1, 0), h.Deref(1, 0), h.Deref(1, 0)]),
        ["transfer twice"] = h => h.Write(
            "transfer twice",
            [h.Alloc(0, 0), h.Hand(1), h.Settle(0), h.SettleLast(0)],
            [h.Get(1), h.Ref(1, 0), h.Hand(2), h.Deref(1, 0)],
            [h.Get(2), h.Deref(2, 0)]),
        ["reference under the owner's cover"] = h => h.Write(
            "reference under the owner's cover",
            [h.Alloc(0, 0), h.Hand(1), h.Ref(0, 0), h.Deref(0, 0), h.Get(0, "b0 back"), h.Deref(0, 0), h.SettleLast(0)],
            [h.Get(1), h.Ref(1, 0), h.Hand(0, "b0 back"), h.Deref(1, 0)]),
        ["owner goes"] = h => h.Write(
            "owner goes",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Deref(0, 0), h.Detach(0)],
            [h.Get(1), h.Deref(1, 0)]),
        ["owner goes first"] = h => h.Write(
            "owner goes first",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Detach(0), h.Deref(0, 0)],
            [h.Get(1), h.Deref(1, 0)]),
        ["home is taken over"] = h => h.Write(
            "home is taken over",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Detach(0), h.Deref(0, 0)],
            [h.Get(1), h.Deref(1, 0)],
            [h.Adopt(2), h.Settle(2), h.SettleLast(2)]),
        ["mail is read meanwhile"] = h => h.Write(
            "mail is read meanwhile",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Ref(0, 0), h.Hand(1), h.Hand(2), h.Settle(0), h.Deref(0, 0), h.SettleLast(0)],
            [h.Get(1), h.Deref(1, 0)],
            [h.Get(2), h.Deref(2, 0)]),
        ["place is used again"] = h => h.Write(
            "place is used again",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Deref(0, 0), h.Settle(0), h.AllocIfFree(0, 1), h.Deref(0, 1), h.SettleLast(0)],
            [h.Get(1), h.Deref(1, 0)]),
        ["handles"] = h => h.Write(
            "handles",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Deref(0, 0), h.SettleLast(0)],
            [h.Get(1), h.RefOfHandle(1, 0), h.DerefOfHandle(1, 0), h.DerefOfHandle(1, 0)]),
        ["handles of two"] = h => h.Write(
            "handles of two",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Hand(2), h.SettleLast(0)],
            [h.Get(1), h.RefOfHandle(1, 0), h.DerefOfHandle(1, 0), h.DerefOfHandle(1, 0)],
            [h.Get(2), h.DerefOfHandle(2, 0)]),
        ["handle passed on"] = h => h.Write(
            "handle passed on",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Deref(0, 0), h.SettleLast(0)],
            [h.Get(1), h.RefOfHandle(1, 0), h.Hand(2), h.DerefOfHandle(1, 0)],
            [h.Get(2), h.DerefOfHandle(2, 0)]),
        ["place is used again, two late"] = h => h.Write(
            "place is used again, two late",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Hand(2), h.Settle(0), h.AllocIfFree(0, 1), h.Deref(0, 1), h.SettleLast(0)],
            [h.Get(1), h.Deref(1, 0)],
            [h.Get(2), h.Deref(2, 0)]),
        ["next block is shared too"] = h => h.Write(
            "next block is shared too",
            [
                h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Deref(0, 0), h.Settle(0),
                h.AllocIfFree(0, 1), h.Ref(0, 1), h.Hand(2, "b1"), h.Deref(0, 1), h.SettleLast(0),
            ],
            [h.Get(1), h.Deref(1, 0)],
            [h.Get(2, "b1"), h.Deref(2, 1)]),
        ["counts are read"] = h => h.Write(
            "counts are read",
            [h.Alloc(0, 0), h.Ref(0, 0), h.Hand(1), h.Count(0), h.Deref(0, 0), h.SettleLast(0)],
            [h.Get(1), h.Count(0), h.AskUnique(0), h.Deref(1, 0)]),
        ["two blocks"] = h => h.Write(
            "two blocks",
            [h.Alloc(0, 0), h.Alloc(0, 1, 1), h.Ref(0, 0), h.Ref(0, 1), h.Hand(1), h.Deref(0, 0), h.Deref(0, 1), h.SettleLast(0)],
            [h.Get(1), h.Deref(1, 1), h.Deref(1, 0)]),
        ["two blocks, two threads"] = h => h.Write(
            "two blocks, two threads",
            [h.Alloc(0, 0), h.Alloc(0, 1, 1), h.Hand(1), h.Hand(2, "b1"), h.Settle(0), h.SettleLast(0)],
            [h.Get(1), h.Deref(1, 0)],
            [h.Get(2, "b1"), h.Deref(2, 1)]),
    };
}
