using System.Runtime.InteropServices;

namespace Rm.Tool.Replay;

/// <summary>
/// Memory of this machine that nobody uses. Where the machine is a virtual one that lends such memory to its host, each page has to be
/// fetched back at its next first use, at several times a page fault's cost, and who measures pays for whoever freed it.
/// </summary>
internal static unsafe class FreePages
{
    // The C library maps what is as large as this, and unmaps it when it is freed, without learning from it.
    private const ulong Least = 40 << 20;
    private const int PageBytes = 4096;

    /// <summary>Uses so much of it once and frees it again, so that the next use finds pages which the machine has.</summary>
    /// <param name="bytes">How much is used next, and no less than 40 MiB of it.</param>
    public static void Fetch(ulong bytes)
    {
        nuint length = (nuint)ulong.Max(bytes, Least);
        byte* memory = (byte*)NativeMemory.Alloc(length);
        for (nuint at = 0; at < length; at += PageBytes)
        {
            memory[at] = 1;
        }

        NativeMemory.Free(memory);
    }
}
