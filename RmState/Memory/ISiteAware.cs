namespace Rm.Memory;

/// <summary>An allocator that keeps where in the source its blocks were allocated and freed.</summary>
internal interface ISiteAware
{
    /// <summary>Notes a site; a block that the allocator does not keep sites of is passed over. It never throws.</summary>
    /// <param name="block">The block, just allocated, or about to be freed, or just freed.</param>
    /// <param name="freed">Whether the site frees the block; otherwise it allocated it.</param>
    /// <param name="file">The source file, with or without its path.</param>
    /// <param name="line">The line in it.</param>
    void NoteSite(nint block, bool freed, string file, int line);
}
