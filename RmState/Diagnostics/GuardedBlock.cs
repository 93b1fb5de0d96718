using System.Globalization;

namespace Rm.Diagnostics;

/// <summary>What a guarded allocator knows of one block, live or in quarantine. Records are reused, each has its place in the map file.</summary>
internal sealed class GuardedBlock(int slot)
{
    /// <summary>What the bytes of its pages are filled with that are not the block's.</summary>
    internal const byte Fill = 0xA9;

    internal int Slot { get; } = slot;

    internal nint Address { get; private set; }

    internal nuint Size { get; private set; }

    /// <summary>Where its reservation begins.</summary>
    internal nint Start { get; private set; }

    internal GuardedPlace Place { get; private set; }

    internal bool IsFreed { get; set; }

    /// <summary>The record behind this one, in quarantine or among those not in use.</summary>
    internal GuardedBlock? Next { get; set; }

    internal string? AllocationFile { get; set; }

    internal int AllocationLine { get; set; }

    internal string? FreeFile { get; set; }

    internal int FreeLine { get; set; }

    /// <summary>The first of its accessible pages.</summary>
    internal nint Data => Start + (nint)Place.Front;

    internal nint End => Address + (nint)Size;

    /// <summary>The sites as far as they are known, to stand in a message.</summary>
    internal string History => Site("allocated", AllocationFile, AllocationLine) + Site("freed", FreeFile, FreeLine);

    internal void Begin(nint start, GuardedPlace place, nuint size)
    {
        Start = start;
        Place = place;
        Address = start + (nint)place.Offset;
        Size = size;
        IsFreed = false;
        AllocationFile = FreeFile = null;
        BrokenBytes.Fill(Data, (nuint)(Address - Data), Fill);
        BrokenBytes.Fill(End, BytesBehind, Fill);
    }

    internal bool Holds(nint address) => (nuint)(address - Start) < Place.Reserved;

    /// <summary>Looks at the bytes of its pages that are not the block's.</summary>
    /// <param name="member">Who asks, for the message.</param>
    /// <exception cref="Violations.OverrunException">Somebody wrote there.</exception>
    internal void Check(string member)
    {
        if (BrokenBytes.TryFind(End, BytesBehind, Fill, out BrokenBytes broken))
        {
            throw Overrun.PastEnd(member, Address, Size, broken, Fill, History);
        }

        if (BrokenBytes.TryFind(Data, (nuint)(Address - Data), Fill, out broken))
        {
            throw Overrun.BeforeStart(member, Address, Size, broken, Fill, History);
        }
    }

    private nuint BytesBehind => (nuint)(Data - End) + Place.Data;

    private static string Site(string what, string? file, int line) =>
        file is null ? "" : string.Create(CultureInfo.InvariantCulture, $", {what} at {SiteText.NameOf(file)}:{line}");
}
