using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Rm.Tool.Commands;

namespace Rm.Tool.Replay;

/// <summary>Runs one replay in a process of its own, so that no replay inherits another's heap and a crash is a finding.</summary>
internal static class ReplayProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Starts this program again, waits for it and reads its report.</summary>
    public static ReplayReport Run(ReplayRequest request)
    {
        ProcessStartInfo start = Self();
        foreach (string argument in ChildCommand.ArgumentsFor(request))
        {
            start.ArgumentList.Add(argument);
        }

        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;

        // Count calls from the start instead of waiting until nothing new was called for 100 ms: the same optimized code, sooner.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";
        using var child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        Task<string> error = child.StandardError.ReadToEndAsync();
        if (!child.WaitForExit(Limit))
        {
            child.Kill(entireProcessTree: true);
            return new ReplayReport { Error = $"the replay did not end within {Limit.TotalMinutes} minutes" };
        }

        child.WaitForExit();
        return Parse(child.ExitCode, output.Result, error.Result);
    }

    /// <summary>The report a process wrote, or one that says how it ended instead.</summary>
    internal static ReplayReport Parse(int exitCode, string output, string error)
    {
        if (exitCode == ExitCode.Success)
        {
            try
            {
                if (JsonSerializer.Deserialize(output, ReplayJson.Default.ReplayReport) is { } report)
                {
                    return report;
                }
            }
            catch (JsonException)
            {
                // Said below.
            }

            error = "it wrote no report";
        }

        string firstLine = error.AsSpan().Trim().ToString().Split('\n')[0].TrimEnd();
        return new ReplayReport { Error = $"the replaying process ended with exit code {exitCode}: {firstLine}" };
    }

    // The launcher was copied to the command's name; started as a library (dotnet X.dll, a test host), there is only the library.
    internal static ProcessStartInfo Self()
    {
        Assembly tool = typeof(ReplayProcess).Assembly;
        string? running = Environment.ProcessPath;
        bool isDotnet = string.Equals(Path.GetFileNameWithoutExtension(running), "dotnet", StringComparison.OrdinalIgnoreCase);
        if (running is not null && !isDotnet && Assembly.GetEntryAssembly() == tool)
        {
            return new ProcessStartInfo(running);
        }

        string dotnet = (isDotnet ? running : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")) ?? "dotnet";
        return new ProcessStartInfo(dotnet) { ArgumentList = { "exec", tool.Location } };
    }
}
