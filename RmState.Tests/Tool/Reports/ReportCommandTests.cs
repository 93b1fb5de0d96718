using Rm.Tests.Tool.Traces;
using Rm.Tool;

namespace Rm.Tests.Tool.Reports;

/// <summary>What the report command writes, refuses and ends with.</summary>
public sealed class ReportCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReportIsWrittenAndNamed(bool gzipped)
    {
        byte[] bytes = RandomTrace.Make(seed: 1, events: 500);
        string trace = Save("heap.rmt", gzipped ? TraceWriter.Gzip(bytes) : bytes);
        string page = Path.Combine(_folder, "out.html");

        (int code, string output, string error) = Run("report", trace, "-o", page);

        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.StartsWith($"{page}: report on heap, ", output, StringComparison.Ordinal);
        Assert.Single(output.TrimEnd().Split('\n'));
        Assert.Contains("<h1>heap</h1>", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void EarlierReportIsReplaced()
    {
        string trace = Save("heap.rmt", RandomTrace.Make(seed: 1, events: 500));
        string page = Path.Combine(_folder, "out.html");
        Assert.Equal(ExitCode.Success, Run("report", trace, "-o", page).Code);
        string first = File.ReadAllText(page);
        File.AppendAllText(page, "more");

        Assert.Equal(ExitCode.Success, Run("report", trace, "-o", page).Code);
        Assert.Equal(first, File.ReadAllText(page), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<!DOCTYPE html>")]
    [InlineData("a page of somebody's")]
    public void OtherFileIsLeftAlone(string content)
    {
        string trace = Save("heap.rmt", RandomTrace.Make(seed: 1, events: 50));
        string page = Save("out.html", System.Text.Encoding.UTF8.GetBytes(content));

        (int code, string output, string error) = Run("report", trace, "--output", page);

        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Equal($"rmstate: {page}: cannot be written: there is a file of this name, and it is no report{Environment.NewLine}", error);
        Assert.Equal(content, File.ReadAllText(page));
    }

    [Fact]
    public void TraceIsNotOverwrittenByItsOwnReport()
    {
        byte[] bytes = RandomTrace.Make(seed: 1, events: 50);
        string trace = Save("heap.rmt", bytes);

        Assert.Equal(ExitCode.Usage, Run("report", trace, "-o", trace).Code);
        Assert.Equal(bytes, File.ReadAllBytes(trace));
    }

    [Theory]
    [InlineData("none.rmt", null, "none.rmt: no such file")]
    [InlineData("text.txt", "hello", "text.txt: neither a recorded heap nor a snapshot; a report is made of .rmt and .rmt.gz files (docs/trace-format.md) and of snapshots as JSON (docs/diagnostics.md)")]
    [InlineData("cut.rmt", "RMT1\u0001", "cut.rmt: cut short: ends within the header, after byte 5")]
    public void BadFileIsOneLine(string name, string? content, string message)
    {
        string path = content is null ? Path.Combine(_folder, name) : Save(name, System.Text.Encoding.Latin1.GetBytes(content));
        string page = Path.Combine(_folder, "out.html");

        (int code, string output, string error) = Run("report", path, "-o", page);

        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Equal($"rmstate: {Path.Combine(_folder, message)}{Environment.NewLine}", error);
        Assert.False(File.Exists(page));
    }

    [Fact]
    public void FolderThatDoesNotExistIsOneLine()
    {
        string trace = Save("heap.rmt", RandomTrace.Make(seed: 1, events: 50));

        (int code, _, string error) = Run("report", trace, "-o", Path.Combine(_folder, "none", "out.html"));

        Assert.Equal(ExitCode.Usage, code);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Contains("cannot be written", error, StringComparison.Ordinal);
    }

    // The machine has no such memory; the report needs none of it.
    [Fact]
    public void RecordingThatDoesNotFitTheMachineHasNoMap()
    {
        var writer = new TraceWriter();
        _ = writer.Malloc(1UL << 50);
        string page = Path.Combine(_folder, "out.html");

        Assert.Equal(ExitCode.Success, Run("report", Save("huge.rmt", writer.ToArray()), "-o", page).Code);

        Assert.Contains("There is no map: this machine has too little memory", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void EmptyRecordingHasAReport()
    {
        string page = Path.Combine(_folder, "out.html");

        Assert.Equal(ExitCode.Success, Run("report", Save("empty.rmt", new TraceWriter().ToArray()), "-o", page).Code);
        Assert.Contains("Nothing: every block was released.", File.ReadAllText(page), StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (Program.Run(args, output, error), $"{output}", $"{error}");
    }

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
