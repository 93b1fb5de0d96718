using System.Runtime.CompilerServices;

namespace Rm.Sites;

/// <summary>
/// The places in the source that one state has met, each under a key of 32 bits: the file's number and the line. A file is
/// looked up once; after that the compiler's literal, always the same object, is recognised by reference.
/// </summary>
/// <remarks>
/// <code>
///   31         19 18            0
///  +-------------+---------------+
///  |  file + 1   |     line      |    0: unknown
///  +-------------+---------------+
/// </code>
/// Files from the 8,191st on have no key. Thread rule: the state's.
/// </remarks>
internal sealed class SiteNames
{
    internal const int LineBits = 19;
    internal const uint MaxLine = (1 << LineBits) - 1;

    private const int MaxFiles = (1 << (32 - LineBits)) - 2;
    private const int Recent = 64;

    private readonly List<string> _files = [];
    private readonly Dictionary<string, uint> _bases = new(StringComparer.Ordinal) { [""] = 0 };
    private readonly (string? File, uint Base)[] _recent = new (string?, uint)[Recent];

    /// <summary>The file met last; null before the first, and when it has no key.</summary>
    internal string? LastFile { get; private set; }

    /// <summary>The key of its line 0.</summary>
    internal uint LastBase { get; private set; }

    /// <summary>The key of a place; 0 when it has none.</summary>
    internal uint KeyOf(string? file, int line)
    {
        uint start = LastFile is not null && ReferenceEquals(file, LastFile) ? LastBase : Find(file);
        return start == 0 ? 0 : start + (uint)Math.Clamp(line, 0, (int)MaxLine);
    }

    /// <summary>The file and line of a key.</summary>
    internal (string File, int Line) NameOf(uint key) =>
        key == 0 ? ("", 0) : (_files[(int)(key >> LineBits) - 1], (int)(key & MaxLine));

    private uint Find(string? file)
    {
        file ??= "";
        ref (string? File, uint Base) recent = ref _recent[RuntimeHelpers.GetHashCode(file) & (Recent - 1)];
        if (!ReferenceEquals(recent.File, file))
        {
            recent = (file, Intern(file));
        }

        LastFile = recent.Base == 0 ? null : file;
        LastBase = recent.Base;
        return recent.Base;
    }

    private uint Intern(string file)
    {
        if (_bases.TryGetValue(file, out uint start))
        {
            return start;
        }

        if (_files.Count == MaxFiles)
        {
            return 0;
        }

        _files.Add(file);
        start = (uint)_files.Count << LineBits;
        _bases.Add(file, start);
        return start;
    }
}
