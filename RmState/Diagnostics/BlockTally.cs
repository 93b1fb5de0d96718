namespace Rm.Diagnostics;

/// <summary>Adds up the blocks of a group.</summary>
internal struct BlockTally
{
    internal long Count;
    internal long Bytes;
    private long _oldest;

    internal void Add(ref readonly CapturedBlock block)
    {
        Count++;
        Bytes += block.KnownBytes;
        _oldest = block.Age == CapturedBlock.UnknownAge ? _oldest : Math.Max(_oldest, block.Age + 1L);
    }

    internal readonly RmBlockGroup Named(string key, RmSite? site = null) =>
        new(key, site, Count, Bytes, _oldest == 0 ? null : TimeSpan.FromMilliseconds(_oldest - 1));
}
