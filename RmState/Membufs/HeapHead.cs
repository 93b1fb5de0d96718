using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Arenas;

namespace Rm.Membufs;

/// <summary>What every thread reads of a heap, at a fixed native address: which home is whose, and how to find an address's record.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct HeapHead
{
    internal const int Bytes = HomesOffset + ((ushort.MaxValue + 1) * sizeof(long));

    /// <summary>Places for homes last met, by the low bits of their threads' identities.</summary>
    internal const int Nearby = 1024;

    private const int ReciprocalsOffset = 64;
    private const int NearbyOffset = ReciprocalsOffset + (128 * sizeof(uint));
    private const int HomesOffset = NearbyOffset + (Nearby * sizeof(long));
    private const int ClassShift = 48;

    /// <summary>The root of the map from addresses to records.</summary>
    [FieldOffset(0)]
    public nint MapRoot;

    /// <summary>The 4 GiB of addresses that <see cref="Leaf"/> knows; set once.</summary>
    [FieldOffset(8)]
    public nint Window;

    [FieldOffset(16)]
    public nint Leaf;

    /// <summary>1 once the heap is being disposed.</summary>
    [FieldOffset(24)]
    public int Closed;

    /// <summary>Stands where a home is not known: nobody's.</summary>
    [FieldOffset(32)]
    public ulong NoHome;

    /// <summary>The place where the home of a thread may be found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static HomeTables** NearbyAt(HeapHead* head, ulong identity) =>
        (HomeTables**)((byte*)head + NearbyOffset) + (identity & (Nearby - 1));

    /// <summary>A home by its number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static HomeTables** HomeAt(HeapHead* head, ushort number) => (HomeTables**)((byte*)head + HomesOffset) + number;

    internal static uint* Reciprocals(HeapHead* head) => (uint*)((byte*)head + ReciprocalsOffset);

    /// <summary>What the map says of a granule: the first record of its places, and their size class; 0 for one block alone.</summary>
    internal static ulong EntryOf(MembufRecord* run, int sizeClass) => (ulong)run | ((ulong)sizeClass << ClassShift);

    internal static int ClassOf(ulong entry) => (int)(entry >> ClassShift);

    internal static MembufRecord* RunOf(ulong entry) => (MembufRecord*)(entry & ((1UL << ClassShift) - 1));

    /// <summary>
    /// The record that an address has if it is a membuf's. Any address: which block the record is for must be asked of it, and it may be
    /// one that is never used.
    /// </summary>
    /// <returns>Null when nothing was ever there.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static MembufRecord* Find(HeapHead* head, nint address)
    {
        nuint offset = (nuint)(address - Volatile.Read(ref head->Window));
        ulong entry = offset >> PageMap.LeafShift == 0
            ? Volatile.Read(ref ((ulong*)head->Leaf)[offset >> Granule.Shift])
            : FindElsewhere(head, address);
        if (entry == 0)
        {
            return null;
        }

        uint reciprocal = ((uint*)((byte*)head + ReciprocalsOffset))[entry >> ClassShift];
        return RunOf(entry) + (((ulong)(uint)(address & (Granule.Bytes - 1)) * reciprocal) >> 32);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static ulong FindElsewhere(HeapHead* head, nint address) =>
        (nuint)address >> ClassShift != 0 ? 0 : PageMap.Lookup(head->MapRoot, address);

    /// <summary>Sets what the rest relies on.</summary>
    internal static void Define(HeapHead* head, nint mapRoot)
    {
        head->MapRoot = mapRoot;
        head->NoHome = HomeTables.Nobody;
        head->Window = nint.MinValue;
        for (int i = 0; i < Nearby; i++)
        {
            // Of a home only whose it is is read before it is known to be this thread's.
            *NearbyAt(head, (ulong)i) = (HomeTables*)&head->NoHome;
        }

        for (int number = 1; number <= SizeClasses.CountInGranule; number++)
        {
            Reciprocals(head)[number] = (uint)(uint.MaxValue / (uint)SizeClasses.SizeOf(number)) + 1;
        }
    }
}
