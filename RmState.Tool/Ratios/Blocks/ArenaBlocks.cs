namespace Rm.Tool.Ratios.Blocks;

/// <summary>What all sources over an arena have in common.</summary>
internal static class ArenaBlocks
{
    extension<TSource>(TSource source)
        where TSource : struct, IArenaBlocks
    {
        /// <summary>Gives back what can be, pool first, and measures the bytes of all the arena's mappings that are resident.</summary>
        internal long MeasureTrimmed()
        {
            _ = source.Pool.Trim();
            _ = source.Pool.Arena.Trim();
            return source.MeasureResident();
        }

        /// <summary>The bytes of all the arena's mappings that are resident.</summary>
        internal long MeasureResident() => (long)source.Pool.Arena.MeasureResident();
    }
}
