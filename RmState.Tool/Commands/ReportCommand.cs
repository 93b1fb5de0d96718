using System.CommandLine;
using System.Text;
using Rm.Tool.Maps;
using Rm.Tool.Reports;
using Rm.Tool.Reports.Models;
using Rm.Tool.Reports.Pages;
using Rm.Tool.Traces;

namespace Rm.Tool.Commands;

/// <summary><c>rmstate report FILE</c></summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE")
        {
            Description = "A recorded heap (.rmt or .rmt.gz, see docs/trace-format.md), or a snapshot of a state as JSON (docs/diagnostics.md).",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The page to write; the default is the file's name and .html, in the current folder. "
                + "An earlier report is replaced; any other file is left alone, and the command fails.",
            HelpName = "OUT",
        };
        var command = new Command("report", "Make a page with charts of a recorded heap or a snapshot. It is one file and needs no network.") { file, output };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(file),
            parsed.GetValue(output) ?? $"{Path.GetFileName(parsed.GetRequiredValue(file))}.html",
            parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string file, string output, InvocationConfiguration streams)
    {
        try
        {
            RequireReplaceable(output);
            ReportModel model = ReportSources.Open(file).Read();
            Write(model, output);
            streams.Output.WriteLine($"{output}: report on {model.Name}, {ByteText.Of(new FileInfo(output).Length)}");
            return ExitCode.Success;
        }
        catch (TraceException e)
        {
            streams.Error.WriteLine($"rmstate: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            streams.Error.WriteLine($"rmstate: {output}: cannot be written: {e.Message.ReplaceLineEndings(" ")}");
        }

        return ExitCode.Usage;
    }

    // Somebody's trace may be named by mistake: only what this command wrote is replaced.
    private static void RequireReplaceable(string output)
    {
        if (Directory.Exists(output))
        {
            throw new IOException("it is a directory");
        }

        if (!File.Exists(output))
        {
            return;
        }

        using var reader = new StreamReader(output, Encoding.UTF8);
        char[] beginning = new char[ReportPage.Beginning.Length];
        int read = reader.ReadBlock(beginning);
        if (!beginning.AsSpan(0, read).SequenceEqual(ReportPage.Beginning))
        {
            throw new IOException("there is a file of this name, and it is no report");
        }
    }

    private static void Write(ReportModel model, string output)
    {
        using var page = new StreamWriter(output, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        ReportPage.Write(model, page);
    }
}
