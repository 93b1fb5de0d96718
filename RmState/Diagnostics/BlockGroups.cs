using System.Globalization;
using System.Numerics;

namespace Rm.Diagnostics;

/// <summary>The blocks of a snapshot in groups, three ways; made in one pass.</summary>
internal sealed class BlockGroups
{
    private const int SizeClasses = 66;
    private const int UnknownSizeClass = SizeClasses - 1;
    private const int FirstDecade = 10;

    // 2^32 milliseconds have ten digits: under 10 ms is the first class, the unknown one comes last.
    private const int AgeClasses = 11;
    private const int UnknownAgeClass = AgeClasses - 1;

    internal BlockGroups(CapturedBlocks blocks)
    {
        var sites = new BlockTally[blocks.Sites.Length];
        var sizes = new BlockTally[SizeClasses];
        var ages = new BlockTally[AgeClasses];
        foreach (ref readonly CapturedBlock block in blocks.Rows)
        {
            sites[block.Site].Add(in block);
            sizes[SizeClassOf(block.Size)].Add(in block);
            ages[AgeClassOf(block.Age)].Add(in block);
        }

        BySite =
        [
            .. sites.Select((tally, index) => tally.Named(blocks.Sites[index].ToString(), blocks.Sites[index]))
                .Where(group => group.Count > 0)
                .OrderByDescending(group => group.Bytes)
                .ThenByDescending(group => group.Count)
                .ThenBy(group => group.Site!.Value.File, StringComparer.Ordinal)
                .ThenBy(group => group.Site!.Value.Line),
        ];
        BySize = [.. sizes.Select((tally, index) => tally.Named(SizeKey(index))).Where(group => group.Count > 0)];
        ByAge = [.. ages.Select((tally, index) => tally.Named(AgeKey(index))).Where(group => group.Count > 0)];
    }

    internal RmBlockGroup[] BySite { get; }

    internal RmBlockGroup[] BySize { get; }

    internal RmBlockGroup[] ByAge { get; }

    // Class k holds the sizes above 2^(k-2) up to 2^(k-1); class 0 the empty blocks.
    private static int SizeClassOf(nuint size) => size == nuint.MaxValue ? UnknownSizeClass
        : size == 0 ? 0
        : size == 1 ? 1 : BitOperations.Log2(size - 1) + 2;

    private static string SizeKey(int index)
    {
        if (index is 0 or UnknownSizeClass)
        {
            return index == 0 ? "0 B" : "unknown size";
        }

        int log2 = index - 1;
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        return string.Create(CultureInfo.InvariantCulture, $"up to {1 << (log2 % 10)} {units[log2 / 10]}");
    }

    private static int AgeClassOf(uint age)
    {
        if (age == CapturedBlock.UnknownAge)
        {
            return UnknownAgeClass;
        }

        int index = 0;
        for (; age >= FirstDecade; age /= FirstDecade)
        {
            index++;
        }

        return index;
    }

    private static string AgeKey(int index)
    {
        string[] bounds = ["10 ms", "100 ms", "1 s", "10 s", "100 s", "1000 s", "10000 s", "100000 s", "1000000 s", "10000000 s"];
        return index switch
        {
            0 => "under 10 ms",
            UnknownAgeClass => "unknown age",
            _ => $"{bounds[index - 1]} to {bounds[index]}",
        };
    }
}
