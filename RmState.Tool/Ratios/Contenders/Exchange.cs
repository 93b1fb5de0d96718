namespace Rm.Tool.Ratios.Contenders;

/// <summary>One step of the attach and detach rows: which live block leaves and which other one comes.</summary>
internal readonly record struct Exchange(nint Leaves, nint Comes);
