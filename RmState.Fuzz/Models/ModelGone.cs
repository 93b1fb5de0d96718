namespace Rm.Fuzz.Models;

/// <summary>What a state should remember of a block that went, or of an address that a block left.</summary>
internal sealed record ModelGone(nint Address, long Size, RmSite Site, RmOperation EndedBy, RmSite EndSite)
{
    public required IReadOnlyDictionary<RmSite, long> Retains { get; init; }

    public required IReadOnlyList<ModelOperation> History { get; init; }

    /// <summary>Only the allocator knew its size, and could not be asked any more.</summary>
    public bool SizeIsLost { get; init; }

    public bool Covers(nint address) => address == Address || (Size > 0 && (nuint)(address - Address) < (nuint)Size);
}
