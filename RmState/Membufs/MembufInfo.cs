namespace Rm.Membufs;

/// <summary>One live membuf.</summary>
/// <param name="Block">Its address.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="References">Its references, as of a moment ago.</param>
public readonly record struct MembufInfo(nint Block, nuint Size, long References);
