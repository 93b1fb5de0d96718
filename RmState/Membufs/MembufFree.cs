namespace Rm.Membufs;

/// <summary>What is done when the last reference of a membuf has ended, before its memory can be used again.</summary>
/// <param name="block">The block; its bytes may still be read and written.</param>
/// <param name="size">Its size in bytes.</param>
/// <remarks>
/// Runs once, on the thread that released the last reference, outside any lock. It may use the heap and release other blocks; their ends come
/// after this one's, not inside it. What it throws surfaces from that release once everything is done.
/// </remarks>
public delegate void MembufFree(nint block, nuint size);
