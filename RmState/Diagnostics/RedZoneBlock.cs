using System.Runtime.InteropServices;

namespace Rm.Diagnostics;

/// <summary>
/// What a red-zone allocator knows of one block. In memory it stands between its zones:
/// <code>
/// | size: 8 | check word: 8 | pattern | the block | pattern |
/// | front zone                        |           | zone    |
/// </code>
/// The words let a debugger or a memory dump recognise a block; what counts is kept here, out of reach.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe struct RedZoneBlock
{
    private const byte Zone = 0xB5;
    private const byte Poison = 0xDF;
    private const ulong CheckKey = 0x9E37_79B9_7F4A_7C15;
    private const int WordBytes = 16;

    internal RedZoneBlock(nint address, nuint size, nuint alignment, nuint front, nuint back) =>
        (Address, Size, Alignment, Front, Back) = (address, size, alignment, front, back);

    internal nint Address { get; }

    internal nuint Size { get; }

    /// <summary>What the inner allocator was asked for; 0 for the default.</summary>
    internal nuint Alignment { get; }

    internal nuint Front { get; }

    internal nuint Back { get; }

    internal bool IsFreed { get; private set; }

    /// <summary>It was found broken on its way out of the quarantine, and that was said.</summary>
    internal bool IsReported { get; set; }

    /// <summary>The inner allocator's block.</summary>
    internal readonly nint Inner => Address - (nint)Front;

    internal readonly nuint InnerBytes => Front + Size + Back;

    private readonly ulong CheckWord => ((ulong)Address ^ Size) * CheckKey;

    internal readonly void FillZones()
    {
        var words = (ulong*)Inner;
        words[0] = Size;
        words[1] = CheckWord;
        BrokenBytes.Fill(Inner + WordBytes, Front - WordBytes, Zone);
        BrokenBytes.Fill(Address + (nint)Size, Back, Zone);
    }

    internal void MakeFreed()
    {
        IsFreed = true;
        BrokenBytes.Fill(Address, Size, Poison);
    }

    /// <summary>Looks at its zones and, once it is free, at its bytes.</summary>
    /// <param name="member">Who asks, for the message.</param>
    /// <exception cref="Violations.OverrunException">Somebody wrote there.</exception>
    internal readonly void Check(string member)
    {
        if (BrokenBytes.TryFind(Address + (nint)Size, Back, Zone, out BrokenBytes broken))
        {
            throw Overrun.PastEnd(member, Address, Size, broken, Zone);
        }

        if (BrokenBytes.TryFind(Inner + WordBytes, Front - WordBytes, Zone, out broken))
        {
            throw Overrun.BeforeStart(member, Address, Size, broken, Zone);
        }

        ulong* expected = stackalloc ulong[] { Size, CheckWord };
        var wanted = new ReadOnlySpan<byte>(expected, WordBytes);
        int first = new ReadOnlySpan<byte>((void*)Inner, WordBytes).CommonPrefixLength(wanted);
        if (first < WordBytes)
        {
            throw Overrun.BeforeStart(member, Address, Size, new BrokenBytes(Inner + first, Inner + first), wanted[first]);
        }

        if (IsFreed && BrokenBytes.TryFind(Address, Size, Poison, out broken))
        {
            throw Overrun.AfterFree(member, Address, Size, broken, Poison);
        }
    }
}
