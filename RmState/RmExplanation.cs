namespace Rm;

/// <summary>What a pointer is, as far as anything is known of it. Made by <see cref="RmState.RmExplain"/>.</summary>
public sealed class RmExplanation
{
    internal RmExplanation()
    {
    }

    /// <summary>The pointer asked for.</summary>
    public nint Address { get; internal init; }

    /// <summary>What it is.</summary>
    public RmPointerKind Kind { get; internal init; }

    /// <summary>The state that knows it; null when none does.</summary>
    public RmState? State { get; internal init; }

    /// <summary>The block it is, or points into; 0 for none.</summary>
    public nint Block { get; internal init; }

    /// <summary>Bytes from the block's beginning to the pointer.</summary>
    public nuint Offset => (nuint)(Address - Block);

    /// <summary>The block's size in bytes; null when unknown.</summary>
    public nuint? Size { get; internal init; }

    /// <summary>Where the block was allocated or attached.</summary>
    public RmSite Site { get; internal init; }

    /// <summary>Where it was retained, by place.</summary>
    public IReadOnlyList<RmSiteCount> Retains { get; internal init; } = [];

    /// <summary>How a block that is gone went: freed, detached, moved or given up.</summary>
    public RmOperation? EndedBy { get; internal init; }

    /// <summary>Where it went.</summary>
    public RmSite EndSite { get; internal init; }

    /// <summary>The last operations of the block, oldest first; at <see cref="RmDiagnosticsLevel.Full"/>.</summary>
    public IReadOnlyList<RmHistoryEntry> History { get; internal init; } = [];

    /// <summary>The explanation as a sentence without a full stop.</summary>
    /// <returns>For example <c>it was a block of 64 bytes: allocated at Net.cs:3, retained at Net.cs:12 ×2, last released at Net.cs:40</c>.</returns>
    public override string ToString() => ToString(asker: null);

    /// <summary>The same to a state that need not be told its own name.</summary>
    internal string ToString(RmState? asker)
    {
        string where = State?.Name is { } name && State != asker ? $" of state '{name}'" : "";
        return Kind switch
        {
            RmPointerKind.Live => $"it is a live block{where} of {Bytes}{Story}",
            RmPointerKind.InsideLive => $"it points {Offset} bytes into the live block 0x{Block:x}{where} of {Bytes}{Story}",
            RmPointerKind.Gone => $"it was a block{where} of {Bytes}{Story}",
            RmPointerKind.InsideGone => $"it points {Offset} bytes into what was the block 0x{Block:x}{where} of {Bytes}{Story}",
            _ => "nothing is known of it",
        };
    }

    private string Bytes => Size is { } size ? FormattableString.Invariant($"{size} bytes") : "unknown size";

    private string Story
    {
        get
        {
            List<string> events = [];
            if (Site.IsKnown)
            {
                events.Add($"allocated at {Site}");
            }

            if (Retains.Count > 0)
            {
                events.Add($"retained at {string.Join(", ", Retains)}");
            }

            if (EndedBy is { } end)
            {
                string how = end switch
                {
                    RmOperation.Detach => "detached",
                    RmOperation.Reallocate => "moved",
                    RmOperation.Abandon => "given up",
                    _ => "last released",
                };
                events.Add(EndSite.IsKnown ? $"{how} at {EndSite}" : how);
            }

            return events.Count == 0 ? "" : $": {string.Join(", ", events)}";
        }
    }
}
