namespace Rm.Tests.Faults;

/// <summary>Address space that a <see cref="FaultyVirtualMemory"/> gave out, and which of its pages are committed.</summary>
internal sealed class Reservation(nint start, nuint asked, nuint page)
{
    private readonly bool[] _committed = new bool[(asked + page - 1) / page];

    public nint Start => start;

    /// <summary>The bytes that were asked for; the last page is whole all the same.</summary>
    public nuint Asked => asked;

    public nuint Bytes => (nuint)_committed.Length * page;

    /// <summary>Whether the system refused to end it: nobody can then.</summary>
    public bool IsStuck { get; set; }

    public bool IsUntouched => !_committed.AsSpan().Contains(true);

    public bool Contains(nint address, nuint bytes) =>
        address >= start && bytes <= Bytes && (nuint)(address - start) <= Bytes - bytes;

    public void Mark(nint address, nuint bytes, bool committed) => Pages(address, bytes).Fill(committed);

    public bool IsCommitted(nint address, nuint bytes) => !Pages(address, bytes).Contains(false);

    private Span<bool> Pages(nint address, nuint bytes) =>
        _committed.AsSpan((int)((nuint)(address - start) / page), (int)(bytes / page));
}
