using System.Globalization;
using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Shrinking;

/// <summary>Shrinks a failing program and keeps it as a file that replays.</summary>
internal static class FailureFile
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static string Folder => Path.Combine("artifacts", "fuzz");

    /// <summary>Where a program's file goes.</summary>
    public static string PathOf(string kind, ProgramOptions options)
    {
        Directory.CreateDirectory(Folder);
        return Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{kind}-{options.Seed:x}.rmfuzz"));
    }

    /// <summary>The smallest program that still breaks, found in at most a minute.</summary>
    public static ProgramFailure Shrink(ProgramFailure failure, FixedRegion region)
    {
        ProgramRunner runner = new(region);
        using CancellationTokenSource deadline = new(Patience);
        ProgramOptions options = failure.Program.Options;
        Op[] first = failure.Program.Ops;
        string signature = failure.Signature;
        Op[] smallest = DeltaShrinker.Shrink(first, Breaks, deadline.Token);

        // Addresses of libc differ from run to run: such a failure may not come again, and then stays as it was.
        return runner.Run(new FuzzProgram(options, smallest)) ?? failure;

        bool Breaks(Op[] ops) => string.Equals(runner.Run(new FuzzProgram(options, ops))?.Signature, signature, StringComparison.Ordinal);
    }

    public static string Write(ProgramFailure failure)
    {
        string path = PathOf("failure", failure.Program.Options);
        File.WriteAllText(path, ProgramFile.Format(failure.Program, $"breaks at {failure.Where}\n{failure.Message}"));
        return path;
    }
}
