using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Commands;

/// <summary>What became of one planted bug; a line of text between two processes.</summary>
internal sealed record MutantVerdict(bool Caught, bool Crashed, string Campaign, string Step, long Operations, double Seconds, string Message)
{
    private const string Mark = "verdict";

    public static MutantVerdict Of(ProgramFailure? failure, long operations, TimeSpan elapsed) => failure is null
        ? new MutantVerdict(false, false, "", "", operations, elapsed.TotalSeconds, "")
        : new MutantVerdict(true, false, failure.Program.Options.Campaign, failure.What, operations, elapsed.TotalSeconds, failure.Message);

    /// <summary>The process ended, or had to be ended, without a verdict of its own.</summary>
    public static MutantVerdict OfEnd(string how, string message, TimeSpan elapsed) =>
        new(true, true, "process", how, 0, elapsed.TotalSeconds, message);

    public string ToLine() => string.Join('\t', Mark, Caught, Campaign, Step, Operations, Seconds.ToString(CultureInfo.InvariantCulture), Message.ReplaceLineEndings(" "));

    public static bool TryParse(string line, [NotNullWhen(true)] out MutantVerdict? verdict)
    {
        verdict = line.Split('\t') is [Mark, var caught, var campaign, var step, var operations, var seconds, var message]
            ? new MutantVerdict(
                bool.Parse(caught),
                false,
                campaign,
                step,
                long.Parse(operations, CultureInfo.InvariantCulture),
                double.Parse(seconds, CultureInfo.InvariantCulture),
                message)
            : null;
        return verdict is not null;
    }
}
