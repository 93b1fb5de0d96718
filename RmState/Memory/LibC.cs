using System.Runtime.InteropServices;

namespace Rm.Memory;

/// <summary>
/// The C library's allocator. Calls are not marked to suppress the transition to preemptive mode: malloc and free may take
/// locks and enter the kernel, and a garbage collection must not wait for that.
/// </summary>
internal static unsafe partial class LibC
{
    [LibraryImport("libc", EntryPoint = "malloc")]
    internal static partial void* Malloc(nuint size);

    [LibraryImport("libc", EntryPoint = "calloc")]
    internal static partial void* Calloc(nuint count, nuint size);

    [LibraryImport("libc", EntryPoint = "realloc")]
    internal static partial void* Realloc(void* block, nuint size);

    [LibraryImport("libc", EntryPoint = "malloc_usable_size")]
    internal static partial nuint MallocUsableSize(void* block);

    [LibraryImport("libc", EntryPoint = "malloc_size")]
    internal static partial nuint MallocSize(void* block);

    [LibraryImport("libc", EntryPoint = "free")]
    internal static partial void Free(void* block);

    [LibraryImport("libc", EntryPoint = "posix_memalign")]
    internal static partial int PosixMemAlign(void** block, nuint alignment, nuint size);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = false)]
    internal static partial nint MMap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = false)]
    internal static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = false)]
    internal static partial int MProtect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = false)]
    internal static partial int MAdvise(nint address, nuint length, int advice);

    // Variadic in C; the fifth argument is passed as a fixed one would be on every system this is called on.
    [LibraryImport("libc", EntryPoint = "mremap", SetLastError = false)]
    internal static partial nint MRemap(nint address, nuint oldLength, nuint newLength, int flags, nint newAddress);

    [LibraryImport("libc", EntryPoint = "mincore", SetLastError = false)]
    internal static partial int MinCore(nint address, nuint length, byte* present);
}
