namespace Rm.Counting;

/// <summary>Where the pointer table takes its own memory from. Thread rule: none of its own; the state's rule covers it.</summary>
internal interface ITableMemory
{
    /// <summary>Takes zeroed memory, aligned to 64 bytes at least.</summary>
    /// <param name="bytes">At least 1.</param>
    /// <returns>0 when there is none.</returns>
    nint Take(nuint bytes);

    /// <summary>Gives back memory taken, from its end, so that large areas return in slices.</summary>
    /// <param name="start">What <see cref="Take"/> returned.</param>
    /// <param name="bytes">How many bytes are still held of it.</param>
    /// <param name="taken">How many bytes were taken in the first place.</param>
    /// <param name="limit">How many bytes this call may return to the system, a multiple of 64 KiB.</param>
    /// <returns>How many bytes are still held afterwards; 0 when all is given back.</returns>
    nuint GiveBack(nint start, nuint bytes, nuint taken, nuint limit);
}
