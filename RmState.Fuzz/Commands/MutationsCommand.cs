using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Rm.Fuzz.Commands;

/// <summary>
/// Proves that the campaigns can fail: every bug planted in the special build must be found, and the same programs must pass
/// without it. Each runs in a process of its own, because a planted bug may well crash it.
/// </summary>
internal static class MutationsCommand
{
    // Of processor time for each planted bug, and how long a child may run at most; without a bug it always does.
    private const double Seconds = 20;
    private const double MostSeconds = 40;
    private const double SoundSeconds = 20;
    private const ulong Seed = 2026;

    // The last program goes on when the time is over; what takes longer hangs.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static int Run()
    {
        if (MutantCommand.All.Count == 0)
        {
            Console.Error.WriteLine("this build has no planted bugs; build with -p:RmMutations=true");
            return 2;
        }

        bool good = true;
        Console.WriteLine($"{"",3}  {"planted bug",-72} {"campaign",-14} {"step",-26} {"operations",11} {"seconds",8}");
        foreach ((int id, string name) in MutantCommand.All)
        {
            MutantVerdict verdict = Start(id, MostSeconds);
            good &= verdict is { Caught: true, Seconds: <= Seconds };
            Console.WriteLine(Line(id, name, verdict));
        }

        MutantVerdict sound = Start(0, SoundSeconds);
        good &= sound is { Caught: false, Crashed: false };
        Console.WriteLine(Line(0, "none: the same programs", sound));
        Console.WriteLine(good ? $"all {MutantCommand.All.Count} planted bugs were caught, and nothing else" : "FAILED: see the table");
        return good ? 0 : 1;
    }

    private static string Line(int id, string name, MutantVerdict verdict)
    {
        string what = verdict switch
        {
            { Caught: true } => $"{verdict.Campaign,-14} {verdict.Step,-26}",
            _ when id == 0 => $"{"clean",-41}",
            _ => $"{"MISSED",-41}",
        };
        string text = string.Create(CultureInfo.InvariantCulture, $"{id,3}  {name,-72} {what} {verdict.Operations,11:N0} {verdict.Seconds,8:F2}");
        return verdict.Message.Length == 0 ? text : $"{text}\n      {verdict.Message}";
    }

    private static MutantVerdict Start(int id, double most)
    {
        string program = Environment.ProcessPath!;
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (string.Equals(Path.GetFileNameWithoutExtension(program), "dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        }

        foreach (string argument in (string[])["mutant", Text(id), "--seconds", Text(most), "--seed", Text(Seed)])
        {
            start.ArgumentList.Add(argument);
        }

        long started = Stopwatch.GetTimestamp();
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        if (!child.WaitForExit(TimeSpan.FromSeconds(most) + Patience))
        {
            child.Kill();
            return MutantVerdict.OfEnd("hang", "killed", Stopwatch.GetElapsedTime(started));
        }

        string last = output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault("");
        return MutantVerdict.TryParse(last, out MutantVerdict? verdict)
            ? verdict
            : MutantVerdict.OfEnd($"exit code {child.ExitCode}", FirstLine(errors.Result), Stopwatch.GetElapsedTime(started));
    }

    private static string FirstLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault("no message");

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
