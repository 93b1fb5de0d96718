using System.Globalization;
using System.Runtime.CompilerServices;

namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// The memory that the threads of a history share. What is written to it before the history begins is its first contents; from then on the
/// explorer keeps the contents, and a write that goes round <see cref="ScheduledMemory"/> is found.
/// </summary>
internal sealed unsafe class Places
{
    private const int RegionWords = 1024;

    /// <summary>How many words one history may touch: they are part of every state.</summary>
    internal const int MostTouched = 48;

    private readonly ulong[] _region = GC.AllocateArray<ulong>(RegionWords, pinned: true);
    private readonly List<(string Name, nint Start, int Bytes)> _named = [];
    private readonly Dictionary<nint, string> _labels = [];
    private readonly Dictionary<nint, int> _touched = [];
    private readonly ulong[] _first = new ulong[MostTouched];
    private readonly nint[] _addresses = new nint[MostTouched];
    private ulong[] _sealed = [];
    private nint _free;

    internal Places() => _free = (Start + 63) & ~63;

    private nint Start => (nint)Unsafe.AsPointer(ref _region[0]);

    private nint End => Start + RegionWords * sizeof(ulong);

    /// <summary>Takes zeroed bytes that start at a multiple of 64.</summary>
    internal nint Take(string name, int bytes)
    {
        nint start = _free;
        _free = (start + bytes + 63) & ~63;
        Assert.True(_free <= End, "The region of a history is too small.");
        _named.Add((name, start, bytes));
        return start;
    }

    /// <summary>Names a part of what was taken.</summary>
    internal void Label(void* address, string name) => _labels[(nint)address] = name;

    /// <summary>What stands there now is what every run begins with.</summary>
    internal void Seal()
    {
        if (_sealed.Length == 0)
        {
            _sealed = [.. _region];
        }
    }

    /// <summary>Whether somebody wrote without telling.</summary>
    internal bool WereWritten() => !_region.AsSpan().SequenceEqual(_sealed);

    internal void Restore() => _sealed.CopyTo(_region, 0);

    /// <summary>The number of the word that an address lies in.</summary>
    internal int NumberOf(nint address)
    {
        nint word = address & ~7;
        if (!_touched.TryGetValue(word, out int number))
        {
            Assert.True(word >= Start && word < End, "The access is to memory that is not of the history.");
            number = _touched.Count;
            Assert.True(number < MostTouched, "The history touches too many words.");
            _first[number] = _sealed[(word - Start) / sizeof(ulong)];
            _addresses[number] = word;
            _touched.Add(word, number);
        }

        return number;
    }

    /// <summary>What a word holds at first.</summary>
    internal ulong FirstOf(int number) => _first[number];

    internal nint AddressOf(int number) => _addresses[number];

    internal string NameOf(nint address)
    {
        if (_labels.TryGetValue(address, out string? label))
        {
            return label;
        }

        foreach ((string name, nint start, int bytes) in _named)
        {
            if (address >= start && address < start + bytes)
            {
                return address == start ? name : string.Create(CultureInfo.InvariantCulture, $"{name}+{address - start}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"0x{address:x}");
    }

    /// <summary>A value as one reads it best: a place by its name.</summary>
    internal string Show(ulong value)
    {
        long number = (long)value;
        return number >= Start && number < End ? NameOf((nint)number)
            : number is > -65536 and < 65536 ? number.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
    }
}
