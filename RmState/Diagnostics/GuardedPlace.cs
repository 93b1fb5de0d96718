using System.Runtime.InteropServices;

namespace Rm.Diagnostics;

/// <summary>
/// Where a block stands among its pages:
/// <code>
/// | front: inaccessible | data: whole pages, the block at their end or at their start | one page, inaccessible |
/// </code>
/// Guards that touch are one mapping to the system, so one on either side costs no more mappings than one.
/// </summary>
/// <param name="Front">Bytes of the guard before the data: a page, or the alignment if that is more. The reservation's alignment too.</param>
/// <param name="Data">Bytes of accessible pages; 0 for a block of size 0, which has no byte to touch.</param>
/// <param name="Offset">Where the block begins, from the start of the reservation.</param>
/// <param name="Reserved">Bytes of the whole.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GuardedPlace(nuint Front, nuint Data, nuint Offset, nuint Reserved)
{
    private const nuint LeastAlignment = 16;

    // Larger ones are not worth an address space each, and sums stay far from overflow.
    private const ulong Largest = 1UL << 40;

    internal static bool CanHold(nuint size, nuint alignment) => size <= Largest && alignment <= Largest;

    /// <summary>Places a block.</summary>
    /// <param name="size">Bytes, as <see cref="CanHold"/> allows.</param>
    /// <param name="alignment">A power of two; 0 for the default.</param>
    /// <param name="page">The size of a page.</param>
    /// <param name="atStart">Whether the block begins with its pages; otherwise it ends with them as nearly as its alignment lets it.</param>
    internal static GuardedPlace For(nuint size, nuint alignment, nuint page, bool atStart)
    {
        alignment = nuint.Max(alignment, LeastAlignment);
        nuint front = nuint.Max(alignment, page);
        nuint data = (size + page - 1) & ~(page - 1);
        nuint gap = atStart ? 0 : (data - size) & ~(alignment - 1);
        return new GuardedPlace(front, data, front + gap, front + data + page);
    }
}
