namespace Rm.Tool.Traces;

/// <summary>The objects of a recording: which one an address means, and what is known of each.</summary>
/// <remarks>Memory grows with the objects that were really read.</remarks>
internal sealed class RecordedObjects
{
    private const long Dead = 0;

    private readonly Dictionary<nint, int> _lastAt = [];
    private readonly List<nint> _addresses = [];
    private readonly List<ulong> _sizes = [];
    private readonly List<long> _counts = [];

    /// <summary>How many appeared.</summary>
    public int Count => _counts.Count;

    /// <summary>The bytes of known size that live.</summary>
    public ulong LiveBytes { get; private set; }

    /// <summary>The object at an address; <see cref="RecordedEvent.None"/> when none lives there.</summary>
    public int LiveAt(nint address) =>
        _lastAt.TryGetValue(address, out int id) && _counts[id] != Dead ? id : RecordedEvent.None;

    /// <summary>The object that lives at an address, or lived there last; <see cref="RecordedEvent.None"/> when none ever did.</summary>
    public int LastAt(nint address) => _lastAt.GetValueOrDefault(address, RecordedEvent.None);

    public nint AddressOf(int id) => _addresses[id];

    public ulong SizeOf(int id) => _sizes[id];

    /// <summary>An object begins to live at an address where none lives.</summary>
    public int Add(nint address, ulong size, long count)
    {
        int id = Count;
        _lastAt[address] = id;
        _addresses.Add(address);
        _sizes.Add(size);
        _counts.Add(count);
        LiveBytes += size == RecordedEvent.UnknownSize ? 0 : size;
        return id;
    }

    /// <summary>Changes an object's count, which stays at least 1 whatever the recording says: only an end ends an object.</summary>
    public long AddReferences(int id, long references) => _counts[id] = Math.Max(1, _counts[id] + references);

    /// <summary>An object ends.</summary>
    public void End(int id)
    {
        _counts[id] = Dead;
        LiveBytes -= _sizes[id] == RecordedEvent.UnknownSize ? 0 : _sizes[id];
    }

    /// <summary>The objects that live, in the order in which they appeared. O(all objects).</summary>
    public IEnumerable<int> Live() => Enumerable.Range(0, Count).Where(id => _counts[id] != Dead);
}
