using Rm.Arenas;

namespace Rm.Membufs;

/// <summary>How a <see cref="MembufHeap"/> is made.</summary>
public sealed class MembufHeapOptions
{
    /// <summary>A name for messages and reports, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Where memory comes from; null for an arena of its own, which goes with the heap.</summary>
    public Arena? Arena { get; init; }

    /// <summary>What is done with blocks that live when the heap is disposed.</summary>
    public RmDisposePolicy DisposePolicy { get; init; } = RmDisposePolicy.Free;

    /// <summary>
    /// Whether references taken and given back are counted in <see cref="MembufHeapStatistics"/>. Every operation then takes the general way,
    /// with atomic instructions: for tests, not for speed.
    /// </summary>
    public bool CountsReferences { get; init; }

    /// <summary>Hears what still lived when the heap was disposed, or collected without it; null for nobody.</summary>
    /// <remarks>Called before anything is freed; on the finalizer's thread when the heap was collected.</remarks>
    public Action<MembufReport>? OnLeak { get; init; }

    internal void Validate()
    {
        if (!Enum.IsDefined(DisposePolicy))
        {
            throw new ArgumentOutOfRangeException(nameof(DisposePolicy), DisposePolicy, "There is no such policy.");
        }

        ObjectDisposedException.ThrowIf(Arena is { IsDisposed: true }, Arena!);
    }
}
