namespace Rm.Tests;

/// <summary>Files of the working tree that tests read.</summary>
internal static class RepositoryFiles
{
    /// <summary>The folder of the solution.</summary>
    /// <remarks>Not a caller's file path: in reproducible builds those are not paths of this machine.</remarks>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "RmState.sln")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException("the tests run outside the repository");
    }
}
