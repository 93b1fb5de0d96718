namespace Rm.Violations;

/// <summary>How many violations of each kind there were. Thread rule: any thread; a violation is rare enough for a lock.</summary>
internal sealed class ViolationCounts
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>The name of a violation's kind: that of its exception, without the last word.</summary>
    internal static string KindOf(MemoryViolationException violation)
    {
        const string last = "Exception";
        string name = violation.GetType().Name;
        return name.EndsWith(last, StringComparison.Ordinal) ? name[..^last.Length] : name;
    }

    internal void Add(string kind, long count = 1)
    {
        lock (_lock)
        {
            _counts[kind] = _counts.GetValueOrDefault(kind) + count;
        }
    }

    internal KeyValuePair<string, long>[] ToArray()
    {
        lock (_lock)
        {
            return [.. _counts];
        }
    }
}
