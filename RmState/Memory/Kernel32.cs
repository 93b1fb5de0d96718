using System.Runtime.InteropServices;

namespace Rm.Memory;

/// <summary>Windows' virtual memory calls.</summary>
internal static partial class Kernel32
{
    internal const uint Commit = 0x1000;
    internal const uint Reserve = 0x2000;
    internal const uint Decommit = 0x4000;
    internal const uint Release = 0x8000;
    internal const uint ReadWrite = 0x04;

    [LibraryImport("kernel32", EntryPoint = "VirtualAlloc")]
    internal static partial nint VirtualAlloc(nint address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32", EntryPoint = "VirtualFree")]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool VirtualFree(nint address, nuint size, uint type);
}
