namespace Rm.Tests.Samples;

/// <summary>
/// Every C# block of the documents is the text of a region of a sample in this folder, and every such region is inside a test: what
/// a reader copies has been compiled and has run.
/// </summary>
public sealed class SnippetTests
{
    [Fact]
    public void EveryBlockOfTheDocumentsRuns()
    {
        IReadOnlyList<Snippet> snippets = Snippets();
        var problems = new List<string>();
        foreach (string path in Documents())
        {
            string name = Path.GetRelativePath(RepositoryFiles.Root, path);
            problems.AddRange(Problems(File.ReadAllText(path), snippets).Select(p => $"{name}: {p}"));
        }

        Assert.True(problems.Count == 0, string.Join("\n\n", problems));
    }

    [Fact]
    public void SnippetNamesAreUnique()
    {
        IEnumerable<string> twice = Snippets().GroupBy(s => s.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key);
        Assert.Empty(twice);
    }

    [Fact]
    public void DocumentsAndBlocksAreFound()
    {
        Assert.Contains(Documents(), p => string.Equals(Path.GetFileName(p), "README.md", StringComparison.Ordinal));
        Assert.NotEmpty(Documents().SelectMany(p => DocumentBlock.Read(File.ReadAllText(p))));
    }

    [Fact]
    public void AQuotedRegionIsFoundWhateverItsIndentation()
    {
        Assert.Empty(Problems(
            """
            Text.

            - In a list:

              ```csharp
              using Rm;
              using System.Buffers;

              if (a)
              {
                  b();
              }
              ```

            ```bash
            not C#
            ```
            """,
            Snippet.Read(Sample())));
    }

    [Theory]
    [InlineData("if (a)\n{\n    c();\n}", "is no region")]
    [InlineData("b();", "is no region")]
    [InlineData("", "is no region")]
    [InlineData("using Rm.Interop;\n\nif (a)\n{\n    b();\n}", "does not use Rm.Interop")]
    public void ABlockThatDoesNotRunIsAProblem(string code, string problem)
    {
        string found = Assert.Single(Problems($"text\n\n```csharp\n{code}\n```\n", Snippet.Read(Sample())));
        Assert.StartsWith("line 3: ", found, StringComparison.Ordinal);
        Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("```csharp no-run\nb();\n```", "line 1: 'csharp no-run'")]
    [InlineData("\n```cs\nb();\n```", "line 2: 'cs'")]
    [InlineData("```C#\nb();\n```", "line 1: 'C#'")]
    [InlineData("~~~CSharp\nb();\n~~~", "line 1: 'CSharp'")]
    [InlineData("```csharp\nb();\n``", "line 1: the block is not closed")]
    [InlineData("```text\n~~~\n", "line 1: the block is not closed")]
    public void AFenceThatWouldEscapeIsAProblem(string document, string problem)
    {
        string found = Assert.Single(Problems(document, []));
        Assert.StartsWith(problem, found, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherFencesHideWhatIsInThem() =>
        Assert.Empty(Problems("````text\n```csharp\nb();\n```\n````\n\n```bash\nls\n```\nInline ```csharp``` code.", []));

    [Theory]
    [InlineData("[Fact(Skip = \"later\")]", "not inside a method marked [Fact]")]
    [InlineData("[SkippableFact]", "not inside a method marked [Fact]")]
    [InlineData("", "not inside a method marked [Fact]")]
    public void ARegionOutsideATestIsRefused(string attribute, string problem)
    {
        string source = Sample().Replace("[Fact]", attribute, StringComparison.Ordinal);
        Assert.Contains(problem, Assert.Throws<FormatException>(() => Snippet.Read(source)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("        #endregion\n", "", "not closed")]
    [InlineData("#region a-name", "#region", "no name")]
    [InlineData("        #region a-name\n", "", "no region is open")]
    [InlineData("            b();", "        #region inner\n        #endregion", "nested")]
    public void ABrokenRegionIsRefused(string old, string replacement, string problem)
    {
        string source = Sample().Replace(old, replacement, StringComparison.Ordinal);
        Assert.Contains(problem, Assert.Throws<FormatException>(() => Snippet.Read(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHelperAfterATestIsNotInIt()
    {
        string source = Sample().Replace(
            "    [Fact]\n", "    [Fact]\n    public void Runs()\n    {\n    }\n\n", StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => Snippet.Read(source));
    }

    private static string Sample() => """
        using System.Buffers;

        namespace Rm.Tests.Samples;

        public sealed class A
        {
            [Fact]
            public void Test()
            {
                #region a-name
                if (a)
                {
                    b();
                }

                #endregion
            }
        }
        """.ReplaceLineEndings("\n");

    private static List<string> Problems(string document, IReadOnlyList<Snippet> snippets)
    {
        IReadOnlyList<DocumentBlock> blocks;
        try
        {
            blocks = DocumentBlock.Read(document);
        }
        catch (FormatException e)
        {
            return [e.Message];
        }

        var problems = new List<string>();
        foreach (DocumentBlock block in blocks)
        {
            Snippet? snippet = snippets.FirstOrDefault(s => string.Equals(s.Code, block.Code, StringComparison.Ordinal));
            if (snippet is null)
            {
                problems.Add($"line {block.Line}: the block is no region of a file in RmState.Tests/Samples:\n{block.Code}");
                continue;
            }

            problems.AddRange(block.Usings.Where(u => !snippet.Namespaces.Contains(u))
                .Select(u => $"line {block.Line}: the sample of region '{snippet.Name}' does not use {u}"));
        }

        return problems;
    }

    private static List<Snippet> Snippets()
    {
        var snippets = new List<Snippet>();
        foreach (string path in Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root, "RmState.Tests", "Samples"), "*Sample*.cs"))
        {
            try
            {
                snippets.AddRange(Snippet.Read(File.ReadAllText(path)));
            }
            catch (FormatException e)
            {
                Assert.Fail($"{Path.GetFileName(path)}: {e.Message}");
            }
        }

        return snippets;
    }

    private static List<string> Documents()
    {
        string docs = Path.Combine(RepositoryFiles.Root, "docs");
        return
        [
            .. Directory.EnumerateFiles(RepositoryFiles.Root, "*.md"),
            .. Directory.Exists(docs) ? Directory.EnumerateFiles(docs, "*.md", SearchOption.AllDirectories) : [],
        ];
    }
}
