using System.Diagnostics;
using Rm.Fuzz.Campaigns;
using Rm.Fuzz.Shrinking;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Commands;

/// <summary>All campaigns in turn on two threads, each with states of its own, until the time is over or something breaks.</summary>
internal static class RunCommand
{
    private const int Workers = 2;

    // The last programs go on when the time is over.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public static int Run(double seconds, ulong seed, string? campaign)
    {
        Campaign[] profiles = [.. CampaignCatalog.All.Where(c => campaign is null || string.Equals(c.Name, campaign, StringComparison.Ordinal))];
        if (profiles.Length == 0)
        {
            Console.Error.WriteLine($"no campaign '{campaign}'; there are {string.Join(", ", CampaignCatalog.All.Select(c => c.Name))}");
            return 2;
        }

        Console.WriteLine($"seed 0x{seed:x}, {seconds} s, campaigns: {string.Join(", ", profiles.Select(p => p.Name))}");
        long started = Stopwatch.GetTimestamp();
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(seconds));
        CampaignWorker[] workers = [.. Enumerable.Range(0, Workers).Select(i => new CampaignWorker(profiles, seed, i, Workers, stop))];
        Thread[] threads = [.. workers.Select(w => new Thread(w.Run) { IsBackground = true })];
        Array.ForEach(threads, t => t.Start());
        if (!Array.TrueForAll(threads, t => t.Join(TimeSpan.FromSeconds(seconds) + Patience - Stopwatch.GetElapsedTime(started))))
        {
            Console.WriteLine($"HUNG: a program does not end; the files {Path.Combine(FailureFile.Folder, "running-*")} name the programs that run");
            return 1;
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);

        Report(profiles, workers, seed, elapsed);
        ProgramFailure[] failures = [.. workers.Select(w => w.Failure).OfType<ProgramFailure>()];
        Array.ForEach(failures, Keep);
        return failures.Length == 0 ? 0 : 1;
    }

    private static void Report(Campaign[] profiles, CampaignWorker[] workers, ulong seed, TimeSpan elapsed)
    {
        long operations = workers.Sum(w => w.Operations);
        foreach (Campaign profile in profiles)
        {
            long steps = workers.Sum(w => w.OperationsOf(profile));
            double busy = Math.Max(workers.Sum(w => w.TimeOf(profile).TotalSeconds), 1e-6);
            Console.WriteLine($"{profile.Name,-14} {steps,14:N0} operations  {steps / busy,12:N0} a second  {workers.Sum(w => w.ProgramsOf(profile)),10:N0} programs  {busy,7:F1} s");
        }

        Console.WriteLine(
            $"seed 0x{seed:x}: {operations:N0} operations, {operations / elapsed.TotalSeconds:N0} a second, {workers.Sum(w => w.Programs):N0} programs, " +
            $"{workers.Count(w => w.Failure is not null)} failures in {elapsed.TotalSeconds:F1} s");
    }

    private static void Keep(ProgramFailure found)
    {
        Console.WriteLine();
        Console.WriteLine($"FAILED in campaign {found.Program.Options.Campaign} after {found.Program.Ops.Length} steps, at {found.Where}:");
        Console.WriteLine($"  {found.Message}");
        using FixedRegion region = new(found.Program.Options.Region);
        ProgramFailure smallest = FailureFile.Shrink(found, region);
        string path = FailureFile.Write(smallest);
        Console.WriteLine($"shrunk to {smallest.Program.Ops.Length} steps, breaks at {smallest.Where}:");
        Console.WriteLine($"  {smallest.Message}");
        Console.WriteLine(string.Join('\n', smallest.Program.Ops.Take(60).Select((op, i) => $"  {i + 1,4}  {op}")));
        Console.WriteLine($"replay it with: RmState.Fuzz replay {path}");
    }
}
