using Rm.Fuzz.Programs;
using Rm.Membufs;

namespace Rm.Fuzz.Models;

/// <summary>What the model knows of a membuf.</summary>
internal sealed class MembufBlock
{
    public required nint Address { get; init; }

    public required nuint Size { get; init; }

    public required int Register { get; init; }

    public required MembufRef Handle { get; init; }

    /// <summary>Whether something is called at its end.</summary>
    public required bool HasEnd { get; init; }

    /// <summary>Its references; 0 from the last release on, while its onFree is still to run.</summary>
    public long Count { get; set; } = 1;

    /// <summary>References that were never taken one by one.</summary>
    public long Preset { get; set; }

    /// <summary>What its bytes were filled from.</summary>
    public ulong Pattern { get; init; }

    public MembufEnd End { get; set; }

    /// <summary>The register that its onFree uses.</summary>
    public int EndRegister { get; set; }

    public bool IsEnding { get; set; }

    /// <summary>Its place in the model's list of live blocks.</summary>
    public int Index { get; set; }

    public override string ToString() => $"membuf 0x{Address:x} of {Size} bytes with {Count} references";
}
