using Rm.Arenas;

namespace Rm.Membufs;

/// <summary>The memory that one thread at a time has of a heap: a pool, and what its short ways need.</summary>
internal sealed unsafe class MembufHome(HomeTables* tables, SizeClassHeap pool)
{
    /// <summary>Where records were given to places of this home. One may have moved to another home since.</summary>
    private readonly Dictionary<nint, int> _runs = [];

    internal HomeTables* Tables => tables;

    internal SizeClassHeap Pool => pool;

    internal IEnumerable<nint> Records
    {
        get
        {
            foreach ((nint start, int count) in _runs)
            {
                for (int i = 0; i < count; i++)
                {
                    yield return start + (i * MembufRecord.Bytes);
                }
            }
        }
    }

    internal void AddRun(MembufRecord* run, int count) => _runs[(nint)run] = count;
}
