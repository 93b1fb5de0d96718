namespace Rm.Counting;

/// <summary>How often one place in the source did the same to one block.</summary>
internal struct SitePair
{
    /// <summary>The place's key; 0 for none.</summary>
    public uint Site;

    /// <summary>How often, up to <see cref="uint.MaxValue"/>; what goes beyond is noted elsewhere.</summary>
    public uint Count;
}
