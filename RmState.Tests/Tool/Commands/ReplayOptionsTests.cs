using System.CommandLine;
using Rm.Tests.Tool.Replay;
using Rm.Tool.Commands;
using Rm.Tool.Replay;
using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Commands;

/// <summary>A command line asks for the replays that it says.</summary>
public sealed class ReplayOptionsTests
{
    [Theory]
    [InlineData("StateOverMalloc,StateOverArena")]
    [InlineData("StateOverArena", "--allocator", "arena")]
    [InlineData("StateOverMalloc", "--allocator", "Malloc")]
    [InlineData("StateOverMalloc,StateOverArena", "--allocator", "arena,malloc")]
    [InlineData("StateOverMalloc,StateOverArena", "--allocator", "arena", "--allocator", "malloc", "--allocator", "arena")]
    [InlineData("Arena", "--uncounted")]
    [InlineData("Arena", "--uncounted", "--allocator", "arena")]
    [InlineData("", "--uncounted", "--allocator", "malloc")]
    [InlineData("Membufs,LockedArena", "--threads")]
    public void AllocatorsAreComparedWithMalloc(string sides, params string[] options) =>
        Assert.Equal(sides, string.Join(',', Plan(options).Sides));

    [Theory]
    [InlineData(0)]
    [InlineData(256, "--json")]
    [InlineData(256, "--map", "x.svg")]
    [InlineData(7, "--map", "x.html", "--samples", "7")]
    [InlineData(0, "--samples", "7")]
    [InlineData(0, "--threads", "--json")]
    public void MemoryIsLookedAtWhereItIsShown(int samples, params string[] options) => Assert.Equal(samples, Plan(options).Samples);

    [Theory]
    [InlineData(3, "at the peak of live bytes")]
    [InlineData(3, "at the peak of live bytes", "--map-at", "peak")]
    [InlineData(4, "at the end", "--map-at", "end")]
    [InlineData(0, "after event 0", "--map-at", "0")]
    [InlineData(2, "after event 2", "--map-at", "2")]
    public void MapIsDrawnAtTheMoment(int replayed, string words, params string[] options)
    {
        TraceStatistics trace = Scripts.Written(static w =>
        {
            w.Malloc(1);
            w.Calloc(2);
            w.Free(w.Malloc(3));
        }).Statistics;

        MapMoment moment = Plan(["--map", "x.svg", .. options]).MapAt!.Value;

        Assert.Equal((replayed, words), (moment.EventOf("x.rmt", trace), $"{moment}"));
    }

    [Fact]
    public void ThreadsAreThoseOfTheTraceOnlyIfAskedFor() => Assert.Equal((false, true), (Plan().OnThreads, Plan("--threads").OnThreads));

    [Fact]
    public void NoMapIsDrawnUnlessAskedFor() => Assert.Null(Plan().MapAt);

    [Fact]
    public void EverySideHasAName()
    {
        string[] names = [.. Enum.GetValues<ReplaySide>().Select(static s => s.Name())];

        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
        Assert.All(Enum.GetValues<ReplaySide>(), static s => Assert.Equal(s.Name().EndsWith("arena", StringComparison.Ordinal) || s == ReplaySide.Membufs, s.IsOverArena()));
    }

    private static ReplayPlan Plan(params string[] args)
    {
        var options = new ReplayOptions();
        var command = new Command("replay");
        options.AddTo(command);
        ParseResult parsed = command.Parse(["x.rmt", .. args]);
        Assert.Empty(parsed.Errors);
        return options.PlanOf(parsed);
    }
}
