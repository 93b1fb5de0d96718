using System.Runtime.InteropServices;

namespace Rm.Diagnostics;

/// <summary>
/// The head of a map file. Version 1, little-endian; it takes as much room as a record, of which the rest is zero:
/// <code>
///   0  8  "RMGUARD1"
///   8  4  version, 1
///  12  4  bytes of a record, 256
///  16  4  how many records follow
///  20  4  id of the process
///  24  8  size of a page
///  32  8  sequence number of the last allocation or free of a guarded block
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct GuardMapHeader
{
    internal const ulong ExpectedMagic = 0x3144_5241_5547_4D52;
    internal const uint CurrentVersion = 1;

    internal ulong Magic;
    internal uint Version;
    internal uint RecordBytes;
    internal uint Records;
    internal uint ProcessId;
    internal ulong PageSize;
    internal ulong Sequence;
}
