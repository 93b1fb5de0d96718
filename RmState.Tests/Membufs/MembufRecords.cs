using Rm.Membufs;

namespace Rm.Tests.Membufs;

/// <summary>Reaches into a heap's records, to bring about what would take years.</summary>
internal static unsafe class MembufRecords
{
    /// <summary>The most references of a block.</summary>
    public const long Limit = uint.MaxValue;

    public static MembufRecord* Of(MembufHeap heap, nint block)
    {
        MembufRecord* record = HeapHead.Find(heap.Head, block);
        Assert.True(record != null && record->Address == block, $"no membuf at 0x{block:x}");
        return record;
    }

    /// <summary>Makes a block shared, with a count of its own choice.</summary>
    public static void SetSharedCount(MembufHeap heap, nint block, long count)
    {
        MembufRecord* record = Of(heap, block);
        record->Local = 0;
        record->Touched |= MembufRecord.ByOthers;
        record->Tag |= MembufRecord.Shared;
        RecordChunk.ShareOf(record)->Word = MembufShare.Bias + MembufShare.Merged + count;
    }

    /// <summary>Sets what the owner counted.</summary>
    public static void SetLocalCount(MembufHeap heap, nint block, int count) => Of(heap, block)->Local = count;

    /// <summary>Sets the generation of a block that lives.</summary>
    public static void SetGeneration(MembufHeap heap, nint block, uint generation)
    {
        MembufRecord* record = Of(heap, block);
        record->Tag = (record->Tag & MembufRecord.OwnerMask) | ((ulong)generation << MembufRecord.GenerationShift);
    }
}
