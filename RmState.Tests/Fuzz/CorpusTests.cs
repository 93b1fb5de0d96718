using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Tests.Fuzz;

/// <summary>The kept programs run clean: each was hard for some table once, or is.</summary>
public sealed class CorpusTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Corpus");

    public static TheoryData<string> Programs => [.. Directory.EnumerateFiles(Folder, "*.rmfuzz").Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Programs))]
    public void KeptProgramRunsClean(string file)
    {
        FuzzProgram program = ProgramFile.Parse(File.ReadAllText(Path.Combine(Folder, file)));
        Assert.NotEmpty(program.Ops);
        using FixedRegion region = new(program.Options.Region);
        ProgramFailure? failure = new ProgramRunner(region).Run(program);
        Assert.True(failure is null, $"breaks at {failure?.Where}: {failure?.Message}");
    }

    [Fact]
    public void CorpusIsThere() => Assert.True(Programs.Count >= 8, $"{Programs.Count} programs in {Folder}");
}
