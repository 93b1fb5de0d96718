using System.Runtime.CompilerServices;

namespace Rm.Diagnostics;

/// <summary>The numbers of call sites. The compiler passes the same string object at every call from a site, so that a look suffices.</summary>
internal sealed class RecordingSites
{
    private const int CacheSize = 512;

    // Callers may invent sites; what has no number is then unknown.
    private const int Most = 1 << 20;

    private readonly (string? File, int Line, int Number)[] _cache = new (string?, int, int)[CacheSize];
    private readonly Dictionary<(string File, int Line), int> _numbers = [];
    private readonly Dictionary<string, int> _files = new(StringComparer.Ordinal);

    /// <summary>Finds a site's number.</summary>
    /// <returns>False when it has none yet.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryFind(string file, int line, out int number)
    {
        ref (string? File, int Line, int Number) cached = ref _cache[(line + file.Length) & (CacheSize - 1)];
        number = cached.Number;
        return (ReferenceEquals(cached.File, file) && cached.Line == line) || TryFindElsewhere(file, line, out number);
    }

    /// <summary>Gives a site the next number.</summary>
    /// <param name="file">Its file.</param>
    /// <param name="line">Its line.</param>
    /// <param name="fileNumber">The number of the file: that of the next new one if there was none of that name.</param>
    /// <returns>Whether the file is new.</returns>
    internal bool Add(string file, int line, out int fileNumber)
    {
        bool isNew = !_files.TryGetValue(file, out fileNumber);
        if (isNew)
        {
            fileNumber = _files.Count;
            _files.Add(file, fileNumber);
        }

        _numbers.Add((file, line), _numbers.Count + 1);
        return isNew;
    }

    private bool TryFindElsewhere(string file, int line, out int number)
    {
        number = RecordingFormat.UnknownSite;
        bool known = (line == 0 && file.Length == 0) || _numbers.TryGetValue((file, line), out number) || _numbers.Count == Most;
        if (known)
        {
            _cache[(line + file.Length) & (CacheSize - 1)] = (file, line, number);
        }

        return known;
    }
}
