using System.Runtime.InteropServices;

namespace Rm.Arenas;

// Growing and shrinking in place where the class, the neighbours or the page tables allow it.
public sealed unsafe partial class SizeClassHeap
{
    /// <summary>
    /// Resizes a block, in place where it can: within its class, into free neighbours, or, from 1 MiB on, by moving pages instead of
    /// bytes. Contents up to the smaller size are kept.
    /// </summary>
    /// <param name="block">A block of this heap.</param>
    /// <param name="oldSize">Not needed; 0 will do.</param>
    /// <param name="newSize">Bytes, any value; 0 gives a block of size 0.</param>
    /// <param name="alignment">The alignment it was allocated with, which is kept; 0 for the default one.</param>
    /// <returns>The block at its new address; 0 when there is no memory, and then the old block is unchanged.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="Violations.DoubleFreeException">The block is free.</exception>
    /// <exception cref="Violations.MisalignedPointerException">The pointer points inside a block.</exception>
    /// <exception cref="Violations.ForeignBlockException">The pointer is not into memory of this heap.</exception>
    /// <exception cref="Violations.CountedBlockException">A state counts the block.</exception>
    /// <exception cref="Violations.ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment) =>
        Resize(block, newSize, alignment, counted: false, nameof(Reallocate));

    /// <summary>Resizes a block; its mark goes with it.</summary>
    internal nint Resize(nint block, nuint newSize, nuint alignment, bool counted, string member)
    {
        nuint kept;
        byte mark;
        _ = Begin();
        try
        {
            if (_passed is not null)
            {
                return _passed.Resize(block, newSize, alignment, member);
            }

            Slab* slab = FindOrThrow(block, counted, member, out byte* place);
            mark = *place;
            alignment = Mark.IsCounted(mark) ? AlignmentOf(slab, mark) : alignment;
            if (TryResizeInPlace(slab, block, newSize, alignment, out nint resized))
            {
                return resized;
            }

            kept = nuint.Min(slab->Stride, newSize);
        }
        finally
        {
            End();
        }

        nint moved = Take(newSize, alignment, zeroed: false, mark);
#if RM_MUTATIONS
        kept -= ArenaMutation.Is(ArenaMutation.ContentsCutShort) && kept > 64 ? 8u : 0u;
#endif
        if (moved != 0)
        {
            NativeMemory.Copy((void*)block, (void*)moved, kept);
            FreeElsewhere(block, counted, member);
        }

        return moved;
    }

    /// <summary>Makes a block that has pages of its own shorter, and gives those behind its new end back. Never moves it.</summary>
    /// <param name="block">A block of this heap that nobody counts.</param>
    /// <param name="newSize">Bytes to keep, no more than it has.</param>
    /// <returns>The bytes given back; 0 for a block among others of its size.</returns>
    internal nuint ShrinkInPlace(nint block, nuint newSize)
    {
        _ = Begin();
        try
        {
            Slab* slab = _passed is null ? FindOrThrow(block, counted: false, nameof(ShrinkInPlace), out _) : null;
            if (slab == null)
            {
                return 0;
            }

            nuint before = slab->Stride;
            bool done = (slab->Flags & SlabFlags.Lone) != 0 ? TryResizeLone(slab, nuint.Max(newSize, 1), out _)
                : (slab->Flags & SlabFlags.Run) != 0 && TryResizeRun(slab, nuint.Max(newSize, SizeClasses.LargestInGranule + 1));
            return done ? before - slab->Stride : 0;
        }
        finally
        {
            End();
        }
    }

    /// <summary>The alignment of a counted block: what was asked for, or more; 0 for the default.</summary>
    internal nuint AlignmentOf(nint block)
    {
        byte* mark = FindMark(block, out _);
        return mark == null ? 0 : AlignmentOf(_store.SlabOf(block), *mark);
    }

    private nuint AlignmentOf(Slab* slab, byte mark) =>
        (mark & Mark.Aligned) == 0 ? 0
        : (slab->Flags & SlabFlags.Lone) != 0 ? Arena.AlignmentOfLone(slab->Home)
        : SizeClasses.AlignmentOf(slab->Stride);

    private bool TryResizeInPlace(Slab* slab, nint block, nuint newSize, nuint alignment, out nint resized)
    {
        resized = block;
        if ((slab->Flags & SlabFlags.Lone) != 0)
        {
            return newSize > SizeClasses.Largest && TryResizeLone(slab, newSize, out resized);
        }

        // Shrinking by a little is not worth a copy.
        nuint stride = slab->Stride;
        if (newSize <= stride && newSize > stride - (stride / 4))
        {
            return true;
        }

        if (newSize > SizeClasses.Largest || alignment > Granule.Bytes)
        {
            return false;
        }

        int number = alignment <= DefaultAlignment ? SizeClasses.Of(newSize) : SizeClasses.Of(newSize, alignment);
        bool isRun = (slab->Flags & SlabFlags.Run) != 0;
        return isRun
            ? number > SizeClasses.CountInGranule && TryResizeRun(slab, nuint.Max(newSize, SizeClasses.LargestInGranule + 1))
            : number == slab->Class;
    }

    private bool TryResizeLone(Slab* slab, nuint newSize, out nint block)
    {
        if (!Arena.TryResizeLone(slab->Home, newSize, out block))
        {
            return false;
        }

        byte mark = *Slab.Marks(slab);
        _singleBytes -= slab->Stride;
#if RM_MUTATIONS
        nuint stale = slab->Stride;
#endif
        Open(slab, block, slab->Home);
#if RM_MUTATIONS
        slab->Stride = ArenaMutation.Is(ArenaMutation.LoneSizeStale) ? stale : slab->Stride;
#endif
        _singleBytes += slab->Stride;
        *Slab.Marks(slab) = mark;
        return true;
    }
}
