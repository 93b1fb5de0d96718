using System.Runtime.CompilerServices;

namespace Rm.Membufs;

/// <summary>
/// A stretch of records and their shares, at a multiple of its size, so that either leads to the other.
/// <code>
///   +--------+-----------------------------+------------------+
///   | header | records, 32 bytes each      | shares, 16 each  |   256 KiB
///   +--------+-----------------------------+------------------+
/// </code>
/// </summary>
internal static unsafe class RecordChunk
{
    internal const int Bytes = 256 * 1024;
    internal const int HeaderBytes = 64;

    /// <summary>Records in a chunk; the last is never used, so that one may be read behind any other.</summary>
    internal const int Records = (Bytes - HeaderBytes) / (MembufRecord.Bytes + MembufShare.Bytes);

    private const int SharesOffset = HeaderBytes + (Records * MembufRecord.Bytes);

    /// <summary>The share of a record: half as far from the shares' start as the record from the records'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static MembufShare* ShareOf(MembufRecord* record)
    {
        nint chunk = (nint)record & -Bytes;
        return (MembufShare*)(chunk + (((nint)record - chunk) >> 1) + (SharesOffset - (HeaderBytes / 2)));
    }

    internal static MembufRecord* First(nint chunk) => (MembufRecord*)(chunk + HeaderBytes);

    /// <summary>A chunk's number in its store.</summary>
    internal static ref int NumberOf(nint chunk) => ref *(int*)chunk;

    /// <summary>A record's number in its store, above 0.</summary>
    internal static int IndexOf(MembufRecord* record)
    {
        nint chunk = (nint)record & -Bytes;
        return (NumberOf(chunk) * Records) + (int)(record - First(chunk)) + 1;
    }
}
