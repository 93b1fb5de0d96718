using Rm.Fuzz.Campaigns;
using Rm.Fuzz.Programs;
using Rm.Fuzz.Shrinking;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Commands;

/// <summary>Draws one program again and writes every step down before it is taken: what is left after a crash ends with its cause.</summary>
internal static class DrawCommand
{
    public static int Run(string campaign, ulong seed, int region)
    {
        Campaign? profile = CampaignCatalog.All.FirstOrDefault(c => string.Equals(c.Name, campaign, StringComparison.Ordinal));
        if (profile is null)
        {
            Console.Error.WriteLine($"no campaign '{campaign}'; there are {string.Join(", ", CampaignCatalog.All.Select(c => c.Name))}");
            return 2;
        }

        IProgramSource source = profile.Draw(seed, region);
        string path = FailureFile.PathOf("drawn", source.Options);
        using StreamWriter file = new(path) { AutoFlush = true };
        file.Write(ProgramFile.Format(new FuzzProgram(source.Options, [])));
        Console.WriteLine($"writing {path}");

        using FixedRegion range = new(region);
        ProgramFailure? failure = new ProgramRunner(range).Run(source, out int steps, op => file.WriteLine(op.ToString()));
        Console.WriteLine(failure is null ? $"{steps} steps, clean" : $"breaks at {failure.Where}\n  {failure.Message}");
        return failure is null ? 0 : 1;
    }
}
