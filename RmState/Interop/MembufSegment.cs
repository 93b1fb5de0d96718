using System.Buffers;
using System.Diagnostics;
using Rm.Membufs;

namespace Rm.Interop;

/// <summary>One part of a <see cref="MembufChain"/>: bytes of a membuf, and a reference of it.</summary>
/// <remarks>Belongs to its chain, by which alone it is made, changed and ended. Thread rule: the chain's.</remarks>
[DebuggerDisplay("{Membuf,nq} [{Offset}, {End})")]
public sealed class MembufSegment : ReadOnlySequenceSegment<byte>
{
    private readonly MembufOwner _owner;

    /// <summary>Takes an owner over, which is of a whole block.</summary>
    internal MembufSegment(MembufOwner owner, int offset, int length)
    {
        _owner = owner;
        Resize(offset, length);
    }

    /// <summary>The membuf, as a handle without a reference of its own.</summary>
    public MembufRef Membuf => _owner.Membuf;

    /// <summary>Where the part begins, in bytes from the block's start.</summary>
    public int Offset { get; private set; }

    /// <summary>Bytes of the part.</summary>
    public int Length => Memory.Length;

    /// <summary>The part after this one, or null.</summary>
    public MembufSegment? Following => (MembufSegment?)Next;

    /// <summary>The part before this one.</summary>
    internal MembufSegment? Previous { get; private set; }

    internal int End => Offset + Length;

    /// <summary>Bytes of the block behind the part.</summary>
    internal int RoomBehind => _owner.Length - End;

    /// <summary>Whether nobody else has a reference of the block, so that what is around the part may be written.</summary>
    internal bool IsUnique => Membuf.IsUnique;

    /// <summary>Gives the reference back, when the part is in no chain any more.</summary>
    internal void Release() => _owner.Dispose();

    /// <summary>Another part of the same block, with a reference of its own.</summary>
    internal MembufSegment Share(int offset, int length) => new(MembufOwner.Retain(Membuf), offset, length);

    /// <summary>Another part of the block in place of this one.</summary>
    internal void Resize(int offset, int length)
    {
        Memory = _owner.Memory.Slice(offset, length);
        RunningIndex += offset - Offset;
        Offset = offset;
    }

    /// <summary>Bytes of the block, inside the part or not.</summary>
    internal Span<byte> BytesAt(int offset, int length) => _owner.GetSpan().Slice(offset, length);

    /// <summary>Lets another part follow, or none.</summary>
    internal void Link(MembufSegment? following)
    {
        Next = following;
        following?.Previous = this;
    }

    /// <summary>Makes it the first of a chain.</summary>
    internal void Unlink() => Previous = null;

    /// <summary>Says where in the chain it begins.</summary>
    internal void Place(long runningIndex) => RunningIndex = runningIndex;
}
