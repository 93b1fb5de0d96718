using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rm.Arenas;

/// <summary>
/// A run of granules cut into equal elements. It lies with its marks, one byte an element, in memory of its own, away from what
/// users write to.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
internal unsafe struct Slab
{
    internal const int HeaderBytes = 64;

    /// <summary>The first element.</summary>
    public nint Start;

    /// <summary>2^64 divided by <see cref="Stride"/>, rounded up: turns a division into a multiplication.</summary>
    public ulong Reciprocal;

    public Slab* Next;
    public Slab* Previous;

    /// <summary>The distance of elements in bytes, at least 2.</summary>
    public nuint Stride;

    public int Elements;

    /// <summary>How many elements are marked free.</summary>
    public int Free;

    /// <summary>No element before this one is marked free.</summary>
    public int Cursor;

    /// <summary>Elements from here on were never handed out and read as zero.</summary>
    public int FreshFrom;

    /// <summary>The chunk or the lone block that the run is part of.</summary>
    public int Home;
    public byte Class;
    public SlabFlags Flags;
    public byte List;

    internal static nuint BytesFor(int elements) => (nuint)(HeaderBytes + elements + 1);

    /// <summary>The marks; see <see cref="Mark"/>.</summary>
    internal static byte* Marks(Slab* slab) => (byte*)slab + HeaderBytes;

    internal static nint AddressOf(Slab* slab, int index) => slab->Start + (nint)((nuint)index * slab->Stride);

    internal static nuint Bytes(Slab* slab) => (nuint)slab->Elements * slab->Stride;

    /// <summary>Finds the element that begins at an address within the slab's granules.</summary>
    /// <returns>False when none does.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryIndexOf(Slab* slab, nint address, out int index)
    {
        // The quotient is the high half of the product; the low half is below the reciprocal where nothing remains.
        ulong high = Math.BigMul((ulong)(address - slab->Start), slab->Reciprocal, out ulong low);
        index = (int)high;
        return low < slab->Reciprocal && high < (ulong)slab->Elements;
    }

    internal static void Open(Slab* slab, nint start, nuint stride, int elements, int home, byte sizeClass, SlabFlags flags, bool clean)
    {
        *slab = default;
        slab->Start = start;
        slab->Stride = stride;
        slab->Reciprocal = (ulong.MaxValue / stride) + 1;
        slab->Elements = elements;
        slab->Free = elements;
        slab->FreshFrom = clean ? 0 : elements;
        slab->Home = home;
        slab->Class = sizeClass;
        slab->Flags = flags;
        NativeMemory.Clear(Marks(slab), (nuint)elements);
        Marks(slab)[elements] = Mark.End;
    }
}
