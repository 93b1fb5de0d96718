namespace Rm.Tool.Reports;

/// <summary>The folder that all files of a program are in: it says nothing that a reader needs.</summary>
internal static class SharedFolder
{
    /// <summary>How many characters of each path it is, the last separator included; 0 for none.</summary>
    /// <remarks>Paths of either system: a recording may come from another one.</remarks>
    public static int LengthOf(IReadOnlyList<string> files)
    {
        if (files.Count == 0)
        {
            return 0;
        }

        int shared = files[0].Length;
        foreach (string file in files)
        {
            shared = Math.Min(shared, files[0].AsSpan().CommonPrefixLength(file));
        }

        return files[0].AsSpan(0, shared).LastIndexOfAny('/', '\\') + 1;
    }
}
