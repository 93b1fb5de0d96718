using System.Text.RegularExpressions;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <summary>A program that breaks, and where. A step equal to the number of steps is the end of the program.</summary>
internal sealed partial record ProgramFailure(FuzzProgram Program, int Step, string Message)
{
    public string Where => Step < Program.Ops.Length ? $"step {Step + 1}, {Program.Ops[Step]}" : "the end";

    /// <summary>The message without its numbers: two failures with one signature are taken for the same.</summary>
    public string Signature => Numbers().Replace(Message, "#");

    /// <summary>The kind of the step, for tables.</summary>
    public string What => Step < Program.Ops.Length ? Program.Ops[Step].ToString().Split(' ')[0] : "end";

    [GeneratedRegex("0x[0-9a-f]+|-?[0-9]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numbers();
}
