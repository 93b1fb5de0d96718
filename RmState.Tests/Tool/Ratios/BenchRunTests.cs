using Rm.Tool.Ratios;
using Rm.Tool.Ratios.Cases;
using Spectre.Console;

namespace Rm.Tests.Tool.Ratios;

public sealed class BenchRunTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("bench").FullName;
    private readonly StringWriter _output = new();

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        _output.Dispose();
    }

    [Fact]
    public void AllRowsWithinTheirTargetsIsSuccess()
    {
        Assert.Equal(0, Execute(BenchSettings.Quick, null, new Fixed("a", 1), new Fixed("b", 2)));

        Assert.Equal("a; b", CasesIn("ratios.tsv"));
    }

    [Fact]
    public void ARowOverItsTargetFailsTheRun() => Assert.Equal(1, Execute(BenchSettings.Quick, null, new Fixed("a", 1), new Fixed("b", 2.5)));

    [Fact]
    public void ARowThatFailsIsMeasuredOnceMoreAndTheSecondFigureCounts()
    {
        Assert.Equal(0, Execute(BenchSettings.Quick, null, new Settling("a", 3, 1)));
        Assert.Contains("3.000 at first", _output.ToString(), StringComparison.Ordinal);

        Assert.Equal(1, Execute(BenchSettings.Quick, null, new Settling("a", 3, 4, 1)));
        Assert.Equal(1, Execute(BenchSettings.Quick, null, new Settling("a", double.NaN, 1)));
    }

    [Fact]
    public void AKnownMissDoesNot()
    {
        Directory.CreateDirectory(Path.Combine(_root, "docs"));
        File.WriteAllText(Path.Combine(_root, "docs", "performance.md"), "### MISS: b\n\n| d |\n|---|\n| 1 |\n| 2 |\n| 3 |\n");

        Assert.Equal(0, Execute(BenchSettings.Quick, null, new Fixed("a", 1), new Fixed("b", 2.5)));
        Assert.Equal(1, Execute(BenchSettings.Quick, null, new Fixed("a", 2.5), new Fixed("b", 2.5)));
    }

    [Fact]
    public void ACaseThatThrowsFailsAndTheOthersAreMeasured()
    {
        Assert.Equal(1, Execute(BenchSettings.Quick, null, new Throwing("broken"), new Fixed("b", 1)));

        Assert.Equal("broken; b", CasesIn("ratios.tsv"));
        Assert.Contains("it broke", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ASmokeRunFailsNothingAndLeavesTheRealFiguresAlone()
    {
        Assert.Equal(0, Execute(BenchSettings.Smoke, null, new Throwing("broken"), new Fixed("b", 100)));

        Assert.Equal("broken; b", CasesIn("smoke.tsv"));
        Assert.False(File.Exists(FileOf("ratios.tsv")));
    }

    [Fact]
    public void OnlyTheNamedRowsAreMeasured()
    {
        Assert.Equal(0, Execute(BenchSettings.Quick, "RETAIN", new Throwing("malloc"), new Fixed("retain 1 k", 1)));

        Assert.Equal("retain 1 k", CasesIn("ratios.tsv"));
    }

    [Fact]
    public void NoSuchRowIsAUsageError()
    {
        Assert.Equal(2, Execute(BenchSettings.Quick, "nothing", new Fixed("a", 1)));

        Assert.False(File.Exists(FileOf("ratios.tsv")));
    }

    private int Execute(BenchSettings settings, string? only, params BenchCase[] cases)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(_output) });
        console.Profile.Width = 200;
        return new BenchRun(settings, console, _root).Execute(cases, only);
    }

    private string CasesIn(string file) => string.Join("; ", File.ReadLines(FileOf(file)).Skip(1).Select(static line => line.Split('\t')[0]));

    private string FileOf(string name) => Path.Combine(_root, "artifacts", "bench", name);

    private sealed class Fixed(string name, double ratio) : BenchCase(new Row(name, "peer", 2))
    {
        internal override IReadOnlyList<Figure> Measure(BenchContext context) => [new Figure(ratio, 1, ratio)];
    }

    private sealed class Settling(string name, params double[] ratios) : BenchCase(new Row(name, "peer", 2))
    {
        private int _measured;

        internal override IReadOnlyList<Figure> Measure(BenchContext context) => [new Figure(1, 1, ratios[_measured++])];
    }

    private sealed class Throwing(string name) : BenchCase(new Row(name, "peer", 2))
    {
        internal override IReadOnlyList<Figure> Measure(BenchContext context) => throw new InvalidOperationException("it broke");
    }
}
