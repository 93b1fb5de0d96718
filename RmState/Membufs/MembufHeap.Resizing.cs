using Rm.Arenas;
using Rm.Violations;
using Protocol = Rm.Membufs.MembufCounting<Rm.Membufs.NativeCountMemory>;

namespace Rm.Membufs;

// Larger or smaller within a block's place.
public sealed unsafe partial class MembufHeap
{
    /// <summary>Makes a block larger or smaller where it stands, if its place has room. What is behind its old end is undefined.</summary>
    /// <param name="block">A block of this heap of which the caller has the only reference.</param>
    /// <param name="size">Bytes.</param>
    /// <returns>
    /// False, and nothing changed, when others have references too, the place has no room, or three quarters of it would be left unused: then
    /// allocate, copy and release.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="UntrackedPointerException">No live membuf of this heap begins there.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>O(1). Blocks above 256 KiB have no room beside their own.</remarks>
    public bool TryResize(nint block, nuint size)
    {
        MembufRecord* record = FindOrThrow(block, nameof(TryResize), out _);
        nuint room = record->Class == 0 ? MembufRecord.LengthOf(record) : SizeClasses.SizeOf(record->Class);
        if (size > room || size < room / 4 || !Protocol.IsUnique(record, RecordChunk.ShareOf(record)))
        {
            return false;
        }

        record->Extent = MembufRecord.ExtentOf(size, MembufRecord.PolicyOf(record));
        GC.KeepAlive(this);
        return true;
    }
}
