namespace Rm.Tests.PublicApi;

/// <summary>The public surface of the library is what the checked-in listing says.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void SurfaceIsTheApprovedOne()
    {
        string root = RepositoryFiles.Root;
        string approvedPath = Path.Combine(root, "RmState.Tests", "PublicApi", "RmState.approved.txt");
        string receivedPath = Path.Combine(root, "artifacts", "api", "RmState.received.txt");
        string received = PublicApiListing.Of(System.Reflection.Assembly.Load("RmState"));

        Directory.CreateDirectory(Path.GetDirectoryName(receivedPath)!);
        if (string.Equals(Environment.GetEnvironmentVariable("RMSTATE_APPROVE_API"), "1", StringComparison.Ordinal))
        {
            File.WriteAllText(approvedPath, received);
        }

        string approved = File.Exists(approvedPath) ? File.ReadAllText(approvedPath).ReplaceLineEndings("\n") : "";
        if (string.Equals(approved, received, StringComparison.Ordinal))
        {
            File.Delete(receivedPath);
            return;
        }

        File.WriteAllText(receivedPath, received);
        Assert.Fail($"""
            The public surface differs from RmState.Tests/PublicApi/RmState.approved.txt.
            {Difference(approved, received)}
            The whole listing is in artifacts/api/RmState.received.txt. If the change is meant, run `make approve-api` and commit the result.
            """);
    }

    private static string Difference(string approved, string received)
    {
        string[] before = approved.Split('\n');
        string[] after = received.Split('\n');
        IEnumerable<string> lines =
        [
            .. before.Except(after, StringComparer.Ordinal).Select(l => "  - " + l),
            .. after.Except(before, StringComparer.Ordinal).Select(l => "  + " + l),
        ];
        return string.Join('\n', lines.DefaultIfEmpty("  (the same lines in another order or number)").Take(40));
    }
}
