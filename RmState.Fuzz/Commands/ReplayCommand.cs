using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Commands;

/// <summary>Runs kept programs again and says which step breaks.</summary>
internal static class ReplayCommand
{
    public static int Run(IEnumerable<string> paths)
    {
        int broken = 0;
        foreach (string path in paths)
        {
            FuzzProgram program = ProgramFile.Parse(File.ReadAllText(path));
            using FixedRegion region = new(program.Options.Region);
            if (new ProgramRunner(region).Run(program) is { } failure)
            {
                broken++;
                Console.WriteLine($"{path}: breaks at {failure.Where}\n  {failure.Message}");
            }
            else
            {
                Console.WriteLine($"{path}: {program.Ops.Length} steps, clean");
            }
        }

        return broken == 0 ? 0 : 1;
    }
}
