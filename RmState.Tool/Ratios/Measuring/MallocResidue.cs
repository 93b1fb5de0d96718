using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>
/// What stays resident of malloc's memory when all blocks but every so-manieth were freed and the rest was asked back with
/// malloc_trim: measured in a process of its own, since malloc's memory is all of a process's.
/// </summary>
internal static unsafe partial class MallocResidue
{
    private const string RollupFile = "/proc/self/smaps_rollup";
    private const int WarmingBlocks = 4096;
    private const int WarmingTurns = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Measures in a child process.</summary>
    /// <param name="blocks">Blocks allocated.</param>
    /// <param name="size">Bytes of a block.</param>
    /// <param name="every">One of so many is not freed.</param>
    /// <returns>Bytes more than before the first allocation.</returns>
    /// <exception cref="InvalidOperationException">The child process failed.</exception>
    internal static long MeasureInChild(int blocks, int size, int every)
    {
        ProcessStartInfo start = ReplayProcess.Self();
        foreach (string argument in (string[])[ResidueCommand.Name, $"{blocks}", $"{size}", $"{every}"])
        {
            start.ArgumentList.Add(argument);
        }

        start.RedirectStandardOutput = true;
        using var child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        if (!child.WaitForExit(Limit))
        {
            child.Kill(entireProcessTree: true);
        }

        child.WaitForExit();
        return child.ExitCode == ExitCode.Success && long.TryParse(output.Result, out long bytes)
            ? bytes
            : throw new InvalidOperationException($"the process that measures malloc ended with exit code {child.ExitCode}");
    }

    /// <summary>Measures in this process, of which nothing else may happen meanwhile.</summary>
    /// <returns>Bytes more than before the first allocation.</returns>
    internal static long Measure(int blocks, int size, int every)
    {
        long before = 0;
        for (int turn = 0; turn < WarmingTurns; turn++)
        {
            _ = AllocateAndFree(WarmingBlocks, size, every: 2);
            before = Resident();
        }

        nint kept = AllocateAndFree(blocks, size, every);
        long after = Resident();
        GC.KeepAlive(kept);
        return after - before;
    }

    /// <summary>The addresses stand in the blocks themselves, a list through all of them: a table beside them would count too.</summary>
    /// <returns>The last of the blocks that still live; they are never freed.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint AllocateAndFree(int blocks, int size, int every)
    {
        nint last = 0;
        for (int index = 0; index < blocks; index++)
        {
            var block = (nint*)NativeMemory.Alloc((nuint)size);
            *block = last;
            last = (nint)block;
        }

        nint kept = 0;
        for (int index = blocks - 1; index >= 0; index--)
        {
            nint block = last;
            last = *(nint*)block;
            if (index % every == 0)
            {
                *(nint*)block = kept;
                kept = block;
            }
            else
            {
                NativeMemory.Free((void*)block);
            }
        }

        _ = Trim(0);
        return kept;
    }

    /// <summary>The kernel's own sum over all pages; the figures of the status file lag behind.</summary>
    private static long Resident()
    {
        const string field = "Rss:";
        string line = File.ReadLines(RollupFile).First(static line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(field.Length, line.Length - field.Length - 3)) * 1024;
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);
}
