using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Models;

/// <summary>What the model knows of one block.</summary>
internal sealed class ModelBlock
{
    public const long UnknownSize = -1;

    public nint Address { get; set; }

    public long Count { get; set; }

    public long Size { get; set; } = UnknownSize;

    /// <summary>How many bytes it really has; only blocks with memory of their own have any.</summary>
    public long MemorySize { get; set; }

    public BlockKind Kind { get; set; }

    public nuint Alignment { get; init; }

    /// <summary>Its count reached 0 and its deallocator is queued or runs.</summary>
    public bool Finalizing { get; set; }

    /// <summary>Its deallocator runs, so its memory may be given to somebody else.</summary>
    public bool Running { get; set; }

    /// <summary>What its bytes were filled from.</summary>
    public ulong Pattern { get; set; }

    public ulong Generation { get; set; }

    public Reaction Reaction { get; set; }

    public int ReactionRegister { get; set; }

    /// <summary>Its place in the model's list of live blocks.</summary>
    public int Index { get; set; }

    /// <summary>The register that held it last.</summary>
    public int Register { get; set; }

    /// <summary>The last enumeration that met it.</summary>
    public long Stamp { get; set; }

    /// <summary>Where it came from; default when that was not recorded.</summary>
    public RmSite Site { get; set; }

    public RmOperation EndedBy { get; set; }

    public RmSite EndSite { get; set; }

    /// <summary>Bare retains by place, as far as they were recorded.</summary>
    public Dictionary<RmSite, long> Retains { get; } = [];

    /// <summary>Bare releases by place that were not the last.</summary>
    public Dictionary<RmSite, long> Releases { get; } = [];

    /// <summary>Its holders, oldest first.</summary>
    public List<ModelHold> Holds { get; } = [];

    /// <summary>Its last operations, oldest first.</summary>
    public List<ModelOperation> History { get; } = [];

    public bool HasDeallocator => Kind >= BlockKind.Delegate;

    public bool HasMemory => Kind <= BlockKind.Heap;

    public override string ToString() => $"{Kind} 0x{Address:x} count {Count} size {Size}{(Finalizing ? " finalizing" : "")}";
}
