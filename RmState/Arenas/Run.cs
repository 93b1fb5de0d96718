namespace Rm.Arenas;

/// <summary>Granules that a pool got from its arena.</summary>
/// <param name="Start">Their address; 0 for none.</param>
/// <param name="Home">The chunk or lone block they are part of.</param>
/// <param name="IsClean">Whether all committed bytes read as zero.</param>
internal readonly record struct Run(nint Start, int Home, bool IsClean);
