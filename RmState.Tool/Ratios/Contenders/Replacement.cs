namespace Rm.Tool.Ratios.Contenders;

/// <summary>One step of the replace rows: which of the live blocks is freed, and the size of the one that takes its place.</summary>
internal readonly record struct Replacement(int Index, int Size);
