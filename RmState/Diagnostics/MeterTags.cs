namespace Rm.Diagnostics;

/// <summary>The tags of a measurement, the same whatever order they were given in.</summary>
internal sealed class MeterTags : IEquatable<MeterTags>
{
    private readonly KeyValuePair<string, object?>[] _tags;

    /// <summary>Puts tags together.</summary>
    /// <param name="nameKey">The key of the name.</param>
    /// <param name="name">Whose measurements they are; null for no such tag.</param>
    /// <param name="others">The user's.</param>
    /// <exception cref="ArgumentException">A key is null or comes twice.</exception>
    internal MeterTags(string nameKey, string? name, ReadOnlySpan<KeyValuePair<string, object?>> others)
    {
        var sorted = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        if (name is not null)
        {
            sorted.Add(nameKey, name);
        }

        foreach ((string key, object? value) in others)
        {
            if (key is null || !sorted.TryAdd(key, value))
            {
                throw new ArgumentException($"The tag key '{key ?? "null"}' cannot be added: a key is a string and comes once; the name has '{nameKey}'.", nameof(others));
            }
        }

        _tags = [.. sorted];
    }

    internal KeyValuePair<string, object?>[] ToArray() => _tags;

    internal KeyValuePair<string, object?>[] With(string key, object? value) => [.. _tags, new(key, value)];

    public bool Equals(MeterTags? other) => other is not null && _tags.AsSpan().SequenceEqual(other._tags);

    public override bool Equals(object? obj) => Equals(obj as MeterTags);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach ((string key, object? value) in _tags)
        {
            hash.Add(key, StringComparer.Ordinal);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }
}
