namespace Rm.Tests.Contracts;

/// <summary>A block that a program holds.</summary>
/// <param name="Address">Where.</param>
/// <param name="Size">What was asked for.</param>
/// <param name="Alignment">What was asked for; 0 for the default.</param>
/// <param name="Extent">The bytes that may be used, all of which the program fills.</param>
/// <param name="Seed">What they are filled with.</param>
internal sealed record HeldBlock(nint Address, nuint Size, nuint Alignment, nuint Extent, int Seed)
{
    public bool Overlaps(nint address, nuint extent) =>
        (nuint)address < (nuint)Address + nuint.Max(Extent, 1) && (nuint)Address < (nuint)address + nuint.Max(extent, 1);
}
