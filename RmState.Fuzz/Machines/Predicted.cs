namespace Rm.Fuzz.Machines;

/// <summary>One live block of a <see cref="Prediction"/>.</summary>
/// <param name="Count">Its count.</param>
/// <param name="Size">Its size; unknown ones count as 0 bytes.</param>
/// <param name="Releases">The register whose block its deallocator releases; −1 for none.</param>
internal sealed record Predicted(long Count, long Size, int Releases = -1);
