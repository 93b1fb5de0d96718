using System.Runtime.InteropServices;
using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// The story of the process that needed 200 MB once and kept them ever after: 15 MB live in a state over an arena, another 200 MB of
/// blocks of all sizes come and go in random order, the heap is trimmed. Measured is what is resident more than before, in MiB.
/// </summary>
internal sealed class SpikeCase(Row row) : BenchCase(row)
{
    private const int BaseKilobytes = 15_000;
    private const int SpikeKilobytes = 200_000;
    private const int LargestLog2 = 16;
    private const int SmallestLog2 = 4;

    // One block of so many is large enough to have a mapping of its own.
    private const int LargeEvery = 1_000;
    private const int LargeSize = 3 << 20;
    private const double Mebibyte = 1 << 20;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        var random = new SeededRandom(1);
        using StateBlocks source = StateBlocks.Create(seed: 1);
        List<nint> kept = Fill(source, 1_000L * context.Settings.Sized(BaseKilobytes), ref random);
        long start = source.MeasureTrimmed();
        List<nint> spike = Fill(source, 1_000L * context.Settings.Sized(SpikeKilobytes), ref random);
        long peak = source.MeasureResident();
        for (int left = spike.Count; left > 0; left--)
        {
            int index = random.Below(left);
            source.Free(spike[index]);
            spike[index] = spike[left - 1];
        }

        long end = source.MeasureTrimmed();
        kept.ForEach(source.Free);
        return [Figure.OfAbsolute((end - start) / Mebibyte, $"{start / Mebibyte:F1} at first, {peak / Mebibyte:F1} at the peak")];
    }

    /// <summary>Sizes are evenly spread on a log scale; every byte is written.</summary>
    private static unsafe List<nint> Fill(StateBlocks source, long bytes, ref SeededRandom random)
    {
        var blocks = new List<nint>();
        for (long total = 0; total < bytes;)
        {
            int log2 = SmallestLog2 + random.Below(LargestLog2 - SmallestLog2);
            int size = blocks.Count % LargeEvery == LargeEvery - 1 ? LargeSize : (1 << log2) + random.Below(1 << log2);
            nint block = source.Allocate((nuint)size);
            NativeMemory.Fill((void*)block, (nuint)size, 0x5A);
            blocks.Add(block);
            total += size;
        }

        return blocks;
    }
}
