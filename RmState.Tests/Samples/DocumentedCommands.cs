using System.Diagnostics;

namespace Rm.Tests.Samples;

/// <summary>The console blocks of a document: each command is run, and must print what stands below it.</summary>
internal static class DocumentedCommands
{
    private const string Prompt = "$ rmstate ";
    private const string Opening = "```console";
    private const string Closing = "```";

    /// <summary>Runs all commands of a document in a folder, in their order.</summary>
    /// <returns>How many there were.</returns>
    public static int RunAll(string document, string folder)
    {
        string[] lines = File.ReadAllLines(Path.Combine(RepositoryFiles.Root, "docs", document));
        int commands = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            if (!string.Equals(lines[i], Opening, StringComparison.Ordinal))
            {
                continue;
            }

            string command = lines[i + 1];
            Assert.StartsWith(Prompt, command, StringComparison.Ordinal);
            string[] expected = [.. lines.Skip(i + 2).TakeWhile(line => !string.Equals(line, Closing, StringComparison.Ordinal))];
            string printed = Run(command[Prompt.Length..].Split(' '), folder);
            Assert.Equal(string.Join('\n', expected), printed.ReplaceLineEndings("\n").TrimEnd());
            commands++;
        }

        return commands;
    }

    // A child, since the commands write to the folder they are called in.
    private static string Run(string[] arguments, string folder)
    {
        using var child = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "RmState.Tool.dll"), .. arguments])
            {
                WorkingDirectory = folder,
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        child.Start();
        Task<string> errors = child.StandardError.ReadToEndAsync();
        string printed = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, $"{string.Join(' ', arguments)}: {errors.Result}");
        return printed;
    }
}
