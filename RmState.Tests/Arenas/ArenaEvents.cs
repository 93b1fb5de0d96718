using Rm.Arenas;

namespace Rm.Tests.Arenas;

/// <summary>Listens to an arena and keeps what it holds; each chunk must come and go once.</summary>
internal sealed class ArenaEvents
{
    private readonly Dictionary<nint, nuint> _held = [];

    public ArenaEvents(Arena arena)
    {
        arena.Grown += OnGrown;
        arena.Shrunk += OnShrunk;
    }

    public int Grown { get; private set; }

    public int Shrunk { get; private set; }

    /// <summary>The bytes that came and did not go.</summary>
    public nuint Bytes => _held.Values.Aggregate((nuint)0, static (sum, bytes) => sum + bytes);

    /// <summary>What the handlers saw and should not have.</summary>
    public List<string> Wrong { get; } = [];

    private void OnGrown(object? sender, ArenaChangedEventArgs change)
    {
        Grown++;
        if (_held.Any(h => h.Key < change.Start + (nint)change.Bytes && change.Start < h.Key + (nint)h.Value))
        {
            Wrong.Add($"0x{change.Start:x} came while something was there");
        }

        _held[change.Start] = change.Bytes;
    }

    private void OnShrunk(object? sender, ArenaChangedEventArgs change)
    {
        Shrunk++;
        if (!_held.Remove(change.Start, out nuint bytes) || bytes != change.Bytes)
        {
            Wrong.Add($"0x{change.Start:x} went and was not there, or with {change.Bytes} bytes rather than {bytes}");
        }
    }
}
