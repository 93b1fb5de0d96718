using Rm.Diagnostics;
using Rm.Tool.Traces;

namespace Rm.Tool.Recordings;

/// <summary>What a state must come to that does what a recording says: plain dictionaries and sums.</summary>
internal sealed class RecordingModel
{
    private readonly Dictionary<int, ModelBlock> _live = [];

    /// <summary>The objects that live.</summary>
    public IReadOnlyDictionary<int, ModelBlock> Live => _live;

    /// <summary>The sum of the known sizes of what lives.</summary>
    public long LiveBytes { get; private set; }

    public long Allocations { get; private set; }

    public long Attaches { get; private set; }

    public long Reallocations { get; private set; }

    public long Retains { get; private set; }

    public long Detaches { get; private set; }

    public long Frees { get; private set; }

    public long Violations { get; private set; }

    /// <summary>An object begins to live.</summary>
    public void Bear(int id, ulong size, bool isForeign)
    {
        Add(id, new ModelBlock(1, size, isForeign));
        Allocations += isForeign ? 0 : 1;
        Attaches += isForeign ? 1 : 0;
    }

    /// <summary>An object becomes another of a new size.</summary>
    public void Resize(int old, int id, ulong size)
    {
        bool isForeign = Remove(old).IsForeign;
        Add(id, new ModelBlock(1, size, isForeign));
        Reallocations++;
    }

    /// <summary>Adds a reference.</summary>
    /// <returns>The count.</returns>
    public long Retain(int id)
    {
        Retains++;
        return Change(id, 1);
    }

    /// <summary>Gives back a reference; the last one ends the object.</summary>
    /// <returns>The remaining count.</returns>
    public long Release(int id)
    {
        if (_live[id].Count > 1)
        {
            return Change(id, -1);
        }

        Remove(id);
        Frees++;
        return 0;
    }

    /// <summary>Ends an object without freeing it.</summary>
    /// <returns>The references that others had.</returns>
    public long Detach(int id)
    {
        Detaches++;
        return Remove(id).Count - 1;
    }

    /// <summary>Counts a violation, which changes nothing.</summary>
    public void Refuse() => Violations++;

    /// <summary>
    /// Whether a call would be refused in the way that was recorded. Some violations depend on more than a recording has, so that no
    /// replay brings them about.
    /// </summary>
    public bool Refuses(RecordedMisuse misuse, RecordedMember member, int id)
    {
        bool lives = _live.TryGetValue(id, out ModelBlock block);
        return member != RecordedMember.Other && misuse switch
        {
            // A block in its deallocator is gone in a replay.
            RecordedMisuse.Untracked or RecordedMisuse.Finalizing => !lives && member != RecordedMember.Attach,
            RecordedMisuse.AlreadyTracked => lives && member == RecordedMember.Attach,
            RecordedMisuse.Shared => lives && block.Count > 1 && member == RecordedMember.Realloc,
            _ => false,
        };
    }

    private long Change(int id, long references)
    {
        ModelBlock block = _live[id];
        block = block with { Count = block.Count + references };
        _live[id] = block;
        return block.Count;
    }

    private void Add(int id, ModelBlock block)
    {
        _live.Add(id, block);
        LiveBytes += block.Size == RecordedEvent.UnknownSize ? 0 : (long)block.Size;
    }

    private ModelBlock Remove(int id)
    {
        _ = _live.Remove(id, out ModelBlock block);
        LiveBytes -= block.Size == RecordedEvent.UnknownSize ? 0 : (long)block.Size;
        return block;
    }
}
