using System.CommandLine;
using System.CommandLine.Parsing;
using Rm.Tool.Replay;

namespace Rm.Tool.Commands;

/// <summary>The options of the replay command, and what may stand in them.</summary>
internal sealed class ReplayOptions
{
    private const int MostHolders = 1000;
    private const int MostRounds = 1000;
    private const int MostSamples = 100_000;

    private static readonly string[] MapEndings = [".svg", ".html"];

    public ReplayOptions()
    {
        Allocator.Validators.Add(RequireAllocators);
        Traces.Validators.Add(RefuseOptions);
        MapAt.Validators.Add(RequireMoment);
        Map.Validators.Add(RequireDrawable);
        Holders.Validators.Add(result => RequireBetween(result, Holders.Name, 0, MostHolders));
        Rounds.Validators.Add(result => RequireBetween(result, Rounds.Name, 1, MostRounds));
        Samples.Validators.Add(result => RequireBetween(result, Samples.Name, 1, MostSamples));
    }

    public Argument<string[]> Traces { get; } = new("TRACE")
    {
        Description = "Recorded heaps and recordings of states (.rmt or .rmt.gz, see docs/trace-format.md).",
        Arity = ArgumentArity.OneOrMore,
    };

    public Option<string[]> Allocator { get; } = new("--allocator")
    {
        Description = "What the state takes its blocks from: arena or malloc, or both with a comma between; the default is both, side by side.",
        HelpName = "A",
        Arity = ArgumentArity.OneOrMore,
    };

    public Option<bool> Uncounted { get; } = new("--uncounted")
    {
        Description = "Replay through the bare allocator, without a state.",
    };

    public Option<bool> Threads { get; } = new("--threads")
    {
        Description = "Replay each thread of a trace on a thread of its own, through what any thread may use; times are the whole process's.",
    };

    public Option<int> Holders { get; } = new("--holders")
    {
        Description = "Besides the measured replays, replay once with every block retained 1 to N more times; 0 for not.",
        HelpName = "N",
        DefaultValueFactory = _ => 3,
    };

    public Option<ulong> Seed { get; } = new("--seed")
    {
        Description = "For the number and the order of those holders.",
        HelpName = "S",
        DefaultValueFactory = _ => 1,
    };

    public Option<int> Rounds { get; } = new("--rounds")
    {
        Description = "How many times to measure each trace against malloc, in processes that alternate.",
        HelpName = "N",
        DefaultValueFactory = _ => 3,
    };

    public Option<int> Samples { get; } = new("--samples")
    {
        Description = "How often to look at the memory in a replay of its own, for --json and --map.",
        HelpName = "N",
        DefaultValueFactory = _ => 256,
    };

    public Option<string> Map { get; } = new("--map")
    {
        Description = "Draw the arena's memory, and its size over time, into a file (.svg or .html); one trace only.",
        HelpName = "FILE",
    };

    public Option<string> MapAt { get; } = new("--map-at")
    {
        Description = "When to draw it: peak (of live bytes), end, or after how many events.",
        HelpName = "WHEN",
        DefaultValueFactory = _ => "peak",
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Print one JSON document instead of the table." };

    /// <summary>Adds them to a command, with the rules between them.</summary>
    public void AddTo(Command command)
    {
        command.Add(Traces);
        foreach (Option option in (Option[])[Threads, Allocator, Uncounted, Holders, Seed, Rounds, Samples, Map, MapAt, Json])
        {
            command.Add(option);
        }

        command.Validators.Add(RequireOneMap);
        command.Validators.Add(RequireNothingForOneThread);
    }

    /// <summary>What a valid command line asks for.</summary>
    public ReplayPlan PlanOf(ParseResult parsed)
    {
        bool drawn = parsed.GetValue(Map) is not null;
        bool counted = !parsed.GetRequiredValue(Uncounted);
        bool onThreads = parsed.GetRequiredValue(Threads);
        _ = MapMoment.TryParse(parsed.GetValue(MapAt), out MapMoment moment);
        return new ReplayPlan
        {
            Paths = parsed.GetRequiredValue(Traces),
            OnThreads = onThreads,
            Sides = onThreads ? ReplaySides.Shared : [.. AllocatorsOf(parsed.GetValue(Allocator)).Select(a => ReplaySides.Over(a, counted)).Where(s => s != ReplaySide.Malloc)],
            Holders = parsed.GetRequiredValue(Holders),
            Seed = parsed.GetRequiredValue(Seed),
            Rounds = parsed.GetRequiredValue(Rounds),
            Samples = drawn || (parsed.GetRequiredValue(Json) && !onThreads) ? parsed.GetRequiredValue(Samples) : 0,
            MapAt = drawn ? moment : null,
        };
    }

    // In one order whatever theirs was, so that tables compare.
    private static IEnumerable<ReplayAllocator> AllocatorsOf(string[]? given) => given is null or []
        ? [ReplayAllocator.Malloc, ReplayAllocator.Arena]
        : SplitNames(given).Select(name => Enum.Parse<ReplayAllocator>(name, ignoreCase: true)).Distinct().OrderDescending();

    private static IEnumerable<string> SplitNames(IEnumerable<string> given) =>
        given.SelectMany(static names => names.Split(',', StringSplitOptions.TrimEntries));

    private static bool IsAllocator(string name) =>
        Enum.GetNames<ReplayAllocator>().Contains(name, StringComparer.OrdinalIgnoreCase);

    private static void RequireAllocators(OptionResult result)
    {
        foreach (string name in SplitNames(result.Tokens.Select(static t => t.Value)).Where(static n => !IsAllocator(n)))
        {
            result.AddError($"--allocator must be arena or malloc, not '{name}'.");
        }
    }

    private static void RequireMoment(OptionResult result)
    {
        foreach (Token token in result.Tokens)
        {
            if (!MapMoment.TryParse(token.Value, out _))
            {
                result.AddError($"--map-at must be peak, end or a number of events, not '{token.Value}'.");
            }
        }
    }

    private static void RequireDrawable(OptionResult result)
    {
        foreach (Token token in result.Tokens)
        {
            if (!MapEndings.Contains(Path.GetExtension(token.Value), StringComparer.OrdinalIgnoreCase))
            {
                result.AddError($"--map must name a file that ends in .svg or .html, not '{token.Value}'.");
            }
            else if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(token.Value))))
            {
                result.AddError($"--map must name a file in a folder that exists; '{token.Value}' is in none.");
            }
        }
    }

    // The parser takes an option it does not know for one more file. A file of such a name can be given as ./--name.
    private static void RefuseOptions(ArgumentResult result)
    {
        foreach (Token token in result.Tokens)
        {
            if (token.Value.StartsWith("--", StringComparison.Ordinal))
            {
                result.AddError($"Unknown option '{token.Value}'.");
            }
        }
    }

    // A value that is no number at all is the parser's to report.
    private static void RequireBetween(OptionResult result, string option, int least, int most)
    {
        foreach (Token token in result.Tokens)
        {
            if (int.TryParse(token.Value, out int value) && (value < least || value > most))
            {
                result.AddError($"{option} must be {least} to {most}, not {value}.");
            }
        }
    }

    private void RequireNothingForOneThread(CommandResult result)
    {
        if (!result.GetValue(Threads))
        {
            return;
        }

        foreach (Option option in (Option[])[Allocator, Uncounted, Holders, Seed, Samples, Map])
        {
            if (result.GetResult(option) is { Implicit: false })
            {
                result.AddError($"{option.Name} is for replays on one thread; leave it out, or --threads.");
            }
        }
    }

    private void RequireOneMap(CommandResult result)
    {
        bool drawn = result.GetResult(Map) is not null;
        if (!drawn)
        {
            if (result.GetResult(MapAt) is { Implicit: false })
            {
                result.AddError("--map-at needs --map FILE.");
            }

            return;
        }

        if (result.GetResult(Traces) is { Tokens.Count: > 1 } traces)
        {
            result.AddError($"--map draws one trace, not {traces.Tokens.Count}.");
        }

        if (result.GetResult(Allocator) is { Tokens.Count: > 0 } allocators
            && !SplitNames(allocators.Tokens.Select(static t => t.Value)).Contains("arena", StringComparer.OrdinalIgnoreCase))
        {
            result.AddError("--map draws an arena; add it to --allocator.");
        }
    }
}
