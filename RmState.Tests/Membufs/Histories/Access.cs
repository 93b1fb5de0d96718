namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// One access to shared memory. <paramref name="Operand"/> is what is stored or added; <paramref name="Size"/> is in bytes.
/// </summary>
internal readonly record struct Access(AccessKind Kind, nint Address, int Size, ulong Operand, ulong Expected)
{
    internal bool NeedsEmptyBuffer =>
        Kind is AccessKind.Add or AccessKind.TrySwap or AccessKind.Exchange or AccessKind.Enter or AccessKind.Fence;

    internal bool Writes =>
        Kind is AccessKind.Store or AccessKind.Add or AccessKind.TrySwap or AccessKind.Exchange or AccessKind.Enter;
}
