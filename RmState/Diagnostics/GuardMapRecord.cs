using System.Runtime.InteropServices;

namespace Rm.Diagnostics;

/// <summary>
/// One block in a map file. All numbers are little-endian; a record whose state is 0 is not in use, whatever else it holds:
/// <code>
///   0  4  state: 0 not in use, 1 live, 2 freed
///   4  4  zero
///   8  8  address of the block
///  16  8  its size in bytes, as asked for
///  24  8  first of its accessible pages; they close when it is freed
///  32  8  bytes of those pages
///  40  8  start of all its address space, the guards included
///  48  8  bytes of that
///  56  8  sequence number of its allocation
///  64  8  sequence number of its free; 0 while it lives
///  72 92  where it was allocated, "Decoder.cs:88" in UTF-8, zeros behind; all zeros when that is not known
/// 164 92  where it was freed, likewise
/// </code>
/// A record is filled before its state says so and emptied after: what a process leaves that ends in between is a record not in use.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GuardMapRecord
{
    internal const int Bytes = 256;
    internal const uint Unused = 0;
    internal const uint Live = 1;
    internal const uint Freed = 2;

    internal uint State;
    internal uint Zero;
    internal ulong Block;
    internal ulong Size;
    internal ulong Pages;
    internal ulong PageBytes;
    internal ulong Start;
    internal ulong ReservedBytes;
    internal ulong AllocatedAs;
    internal ulong FreedAs;
    internal fixed byte AllocationSite[SiteText.Bytes];
    internal fixed byte FreeSite[SiteText.Bytes];
}
