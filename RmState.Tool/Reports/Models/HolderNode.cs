namespace Rm.Tool.Reports.Models;

/// <summary>A part of the live memory.</summary>
/// <param name="Name">Untrusted text.</param>
/// <param name="Bytes">Of the blocks in it.</param>
/// <param name="Blocks">How many.</param>
/// <param name="Children">Its parts, the largest first; empty for none.</param>
internal sealed record HolderNode(string Name, long Bytes, long Blocks, IReadOnlyList<HolderNode> Children)
{
    // More could not be told apart, and a page has to stay small.
    private const int MostChildren = 60;

    /// <summary>Splits blocks.</summary>
    /// <param name="name">The name of all of them together.</param>
    /// <param name="parts">By holder: the names from the top of the tree down, all of one length, and what is held.</param>
    public static HolderNode Of(string name, IReadOnlyCollection<(string[] Path, long Bytes, long Blocks)> parts) => Of(name, parts, 0);

    private static HolderNode Of(string name, IReadOnlyCollection<(string[] Path, long Bytes, long Blocks)> parts, int depth)
    {
        HolderNode[] children =
        [
            .. parts.Where(p => p.Path.Length > depth)
                .GroupBy(p => p.Path[depth], StringComparer.Ordinal)
                .Select(g => Of(g.Key, [.. g], depth + 1))
                .OrderByDescending(static n => n.Bytes).ThenByDescending(static n => n.Blocks).ThenBy(static n => n.Name, StringComparer.Ordinal),
        ];
        return new HolderNode(name, parts.Sum(static p => p.Bytes), parts.Sum(static p => p.Blocks), Limit(children));
    }

    private static HolderNode[] Limit(HolderNode[] children)
    {
        if (children.Length <= MostChildren)
        {
            return children;
        }

        HolderNode[] rest = children[(MostChildren - 1)..];
        return [.. children[..(MostChildren - 1)], new HolderNode($"{rest.Length} more", rest.Sum(static n => n.Bytes), rest.Sum(static n => n.Blocks), [])];
    }
}
