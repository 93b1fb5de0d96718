namespace Rm.Arenas;

// What an arena can hand out without asking the system.
public sealed partial class Arena
{
    /// <summary>
    /// The stretches of memory that no pool has, in no particular order: whole granules of the caller's regions, of malloc's, and such that
    /// some page of them is committed. What of a chunk was never committed, or went back, is the system's.
    /// </summary>
    internal List<(nint Start, nuint Bytes)> FreeStretches()
    {
        lock (_lock)
        {
            var stretches = new List<(nint Start, nuint Bytes)>();
            foreach (Chunk chunk in _chunks)
            {
                for (int granule = 0; granule < chunk.Granules; granule++)
                {
                    if (chunk.IsFree(granule) && (chunk.Kind != ChunkKind.Reserved || chunk.CommittedPages(granule) != 0))
                    {
                        stretches.Add((chunk.AddressOf(granule), Granule.Bytes));
                    }
                }
            }

            foreach (LoneBlock lone in _spareLone)
            {
                stretches.Add((lone.Start, Granule.CountFor(lone.Committed) << Granule.Shift));
            }

            return stretches;
        }
    }
}
