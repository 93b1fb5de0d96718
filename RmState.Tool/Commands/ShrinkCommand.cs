using System.CommandLine;
using System.ComponentModel;
using Rm.Tool.Replay;
using Rm.Tool.Shrinking;
using Rm.Tool.Traces;

namespace Rm.Tool.Commands;

/// <summary><c>rmstate shrink FILE</c></summary>
internal static class ShrinkCommand
{
    private const int MostSeconds = 86_400;

    public static Command Create()
    {
        var recording = new Argument<string>("FILE") { Description = "A recording of a state (.rmt, see docs/trace-format.md)." };
        var output = new Option<string>("--output", "-o") { Description = "Where to write the test; the default is standard output.", HelpName = "OUT.cs" };
        var until = new Option<ShrinkGoal?>("--until")
        {
            Description = "What to cut down to: a replay that differs from the model, a refused call, or a block that nobody releases; "
                + "the default is the first of them that the recording shows.",
            HelpName = "mismatch|violation|leak",
        };
        var check = new Option<string?>("--check")
        {
            Description = "A program that decides instead: it gets a recording as its argument, and ends with 0 if nothing is wrong in that.",
            HelpName = "CMD",
        };
        var seconds = new Option<int>("--seconds")
        {
            Description = "Stop after so long with the smallest found.",
            HelpName = "N",
            DefaultValueFactory = static _ => 60,
        };
        seconds.Validators.Add(result =>
        {
            if (result.GetValue(seconds) is < 1 or > MostSeconds)
            {
                result.AddError($"--seconds must be 1 to {MostSeconds}.");
            }
        });
        var command = new Command("shrink", "Cut a recording in which something is wrong down to the few operations it takes, and print them as an xunit test.")
        {
            recording, output, until, check, seconds,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(until) is not null && result.GetValue(check) is not null)
            {
                result.AddError("--until and --check exclude each other.");
            }
        });
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(recording),
            parsed.GetValue(output),
            parsed.GetValue(until),
            parsed.GetValue(check),
            TimeSpan.FromSeconds(parsed.GetRequiredValue(seconds)),
            parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string path, string? output, ShrinkGoal? wanted, string? check, TimeSpan limit, InvocationConfiguration streams)
    {
        string? candidate = check is null ? null : Path.GetTempFileName();
        try
        {
            ProgramStep[] steps = RecordedProgram.Read(path);
            RecordingShrinker? found = candidate is null
                ? RecordingShrinker.Find(steps, wanted)
                : RecordingShrinker.Find(steps, new RecordingCheck(check!, candidate));
            if (found is not { } shrinker)
            {
                string asked = wanted is not null ? $" ({wanted})" : check is not null ? $" ({check})" : "";
                streams.Error.WriteLine($"rmstate: {path}: nothing is wrong in its {steps.Length:N0} operations{asked}");
                return ExitCode.Failed;
            }

            using var deadline = new CancellationTokenSource(limit);
            IReadOnlyList<ProgramStep> left = shrinker.Shrink(deadline.Token);
            string test = TestWriter.Write(ReplayResult.ShortName(path), shrinker.Goal, left);
            if (output is null)
            {
                streams.Output.Write(test);
            }
            else
            {
                File.WriteAllText(output, test);
                streams.Output.WriteLine($"{output}: {left.Count} of {steps.Length:N0} operations, {(shrinker.Goal is { } goal ? $"{goal}" : check)}");
            }

            return ExitCode.Success;
        }
        catch (Exception e) when (e is TraceException or IOException or UnauthorizedAccessException or Win32Exception)
        {
            streams.Error.WriteLine($"rmstate: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Usage;
        }
        finally
        {
            if (candidate is not null)
            {
                File.Delete(candidate);
            }
        }
    }
}
