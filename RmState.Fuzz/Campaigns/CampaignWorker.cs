using System.Diagnostics;
using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Campaigns;

/// <summary>
/// Runs every <c>stride</c>-th round of the campaigns. What a round draws depends on the seed and its number only, so any
/// number of workers meets the same programs.
/// </summary>
internal sealed class CampaignWorker(Campaign[] profiles, ulong seed, int index, int stride, CancellationTokenSource stop)
{
    private readonly long[] _operations = new long[profiles.Length];
    private readonly long[] _programs = new long[profiles.Length];
    private readonly TimeSpan[] _time = new TimeSpan[profiles.Length];

    public ProgramFailure? Failure { get; private set; }

    /// <summary>How long it ran, until the failure or the end.</summary>
    public TimeSpan Elapsed { get; private set; }

    public long Operations => _operations.Sum();

    public long Programs => _programs.Sum();

    public long OperationsOf(Campaign profile) => _operations[Array.IndexOf(profiles, profile)];

    public TimeSpan TimeOf(Campaign profile) => _time[Array.IndexOf(profiles, profile)];

    public long ProgramsOf(Campaign profile) => _programs[Array.IndexOf(profiles, profile)];

    public void Run()
    {
        long started = Stopwatch.GetTimestamp();
        RunRounds();
        Elapsed = Stopwatch.GetElapsedTime(started);
    }

    private void RunRounds()
    {
        using FixedRegion region = new(index);
        using RunningNote note = new(index);
        ProgramRunner runner = new(region);
        for (int round = index; !stop.IsCancellationRequested; round += stride)
        {
            for (int i = 0; i < profiles.Length && Failure is null; i++)
            {
                RunRound(runner, note, i, SplitMix.Derive(SplitMix.Derive(seed, (ulong)round), (ulong)i), round);
            }

            if (Failure is not null)
            {
                stop.Cancel();
                return;
            }
        }
    }

    private void RunRound(ProgramRunner runner, RunningNote note, int campaign, ulong roundSeed, int round)
    {
        // The long programs are a round's worth several times over, and come that much less often.
        int steps = profiles[campaign].StepsPerRound;
        int every = Math.Max(profiles[campaign].MaxLength / steps / 2, 1);
        if ((round / stride) % every != 0)
        {
            return;
        }

        long started = Stopwatch.GetTimestamp();
        long end = _operations[campaign] + steps;
        for (ulong program = 0; _operations[campaign] < end && Failure is null && !stop.IsCancellationRequested; program++)
        {
            IProgramSource source = profiles[campaign].Draw(SplitMix.Derive(roundSeed, program), index);
            note.Write(source.Options);
            Failure = runner.Run(source, out int taken);
            _operations[campaign] += taken;
            _programs[campaign]++;
        }

        _time[campaign] += Stopwatch.GetElapsedTime(started);
    }
}
