using System.Text;
using Rm.Diagnostics;
using Rm.Tool.Traces;

namespace Rm.Tool.Shrinking;

/// <summary>Writes a small program as an xunit test class of its own, with the counts that a right state comes to.</summary>
internal sealed class TestWriter
{
    private const int CommentColumn = 76;
    private const string Indent = "        ";

    private readonly IReadOnlyList<ProgramStep> _steps;
    private readonly StringBuilder _text = new();
    private readonly Dictionary<int, string> _names = [];
    private readonly HashSet<int> _live = [];
    private readonly HashSet<int> _resized;

    private TestWriter(IReadOnlyList<ProgramStep> steps)
    {
        _steps = steps;
        _resized = [.. steps.Where(static s => s.Event.Kind == RecordedKind.Realloc).Select(static s => s.Lineage)];
    }

    /// <summary>The test.</summary>
    /// <param name="recording">The recording's name.</param>
    /// <param name="goal">What is wrong; null for what a check said.</param>
    /// <param name="steps">What is left of it; <see cref="RecordedProgram.Repair"/>ed.</param>
    public static string Write(string recording, ShrinkGoal? goal, IReadOnlyList<ProgramStep> steps) => new TestWriter(steps).Write(recording, goal);

    private string Write(string recording, ShrinkGoal? goal)
    {
        (string summary, string name) = goal switch
        {
            ShrinkGoal.Violation => ("a call that was refused", "CallIsRefused"),
            ShrinkGoal.Leak => ("a block that nobody releases", "BlockIsNeverReleased"),
            null => ("what its check refused", "StateDoesWhatTheModelSays"),
            _ => ("a state that differs from the model", "StateDoesWhatTheModelSays"),
        };
        _text.AppendLine("using System.Runtime.InteropServices;").AppendLine("using Rm;").AppendLine("using Rm.Violations;").AppendLine("using Xunit;");
        _text.AppendLine().AppendLine($"/// <summary>Cut from the recording {OneLine(recording)}: {summary}.</summary>");
        _text.AppendLine($"public sealed class {Identifier(recording)}Recording").AppendLine("{").AppendLine("    [Fact]");
        _text.AppendLine($"    public void {name}()").AppendLine("    {");
        _text.AppendLine($"{Indent}using var state = new RmState();");
        if (_steps.Any(static s => s.Event.Kind == RecordedKind.Detach))
        {
            Line("using var owner = new RmState();", "frees what is detached");
        }

        foreach (ProgramStep step in _steps)
        {
            Write(step);
        }

        _text.AppendLine();
        foreach (int lineage in _live)
        {
            long count = _steps.Last(s => s.Lineage == lineage && s.Event.Kind != RecordedKind.Violation).Event.Count;
            Line($"Assert.Equal({count}, state.RmCount({_names[lineage]}));", goal == ShrinkGoal.Leak ? "nobody releases it" : "");
        }

        Line($"Assert.Equal({_live.Count}, state.Statistics.LiveBlocks);", "");
        _text.AppendLine("    }").AppendLine("}");
        return _text.ToString();
    }

    private void Write(in ProgramStep step)
    {
        RecordedEvent now = step.Event;
        string site = step.Site.IsKnown ? $"{step.Site}" : now.Kind == RecordedKind.Live ? "lived when the recording began" : "";
        if (now.Kind is RecordedKind.Malloc or RecordedKind.Calloc or RecordedKind.Aligned or RecordedKind.Live or RecordedKind.Attach)
        {
            WriteBirth(step, site);
            return;
        }

        string block = _names.GetValueOrDefault(step.Lineage, "16");
        switch (now.Kind)
        {
            case RecordedKind.Realloc:
                Line($"{block} = state.RmRealloc({block}, {now.Size});", site);
                break;
            case RecordedKind.Retain:
                Line($"Assert.Equal({now.Count}, state.RmRetain({block}));", site);
                break;
            case RecordedKind.Release or RecordedKind.Free:
                Line($"Assert.Equal({now.Count}, state.RmRelease({block}));", site);
                break;
            case RecordedKind.Detach:
                Line($"Assert.Equal({now.Count}, state.RmDetach({block}));", site);
                Line(IsBorrowed(step.Lineage) ? $"Marshal.FreeHGlobal({block});" : $"owner.RmAttach({block});", "");
                break;
            default:
                Line($"Assert.Throws<{ExceptionOf(now.Misuse)}>(() => state.{CallOf(now.Member, block)});", site);
                break;
        }

        if (now.Kind is RecordedKind.Free or RecordedKind.Detach)
        {
            _live.Remove(step.Lineage);
        }
    }

    private void WriteBirth(in ProgramStep step, string site)
    {
        RecordedEvent now = step.Event;
        bool isNew = !_names.TryGetValue(step.Lineage, out string? name);
        if (name is null)
        {
            name = NameOf(_names.Count);
            _names.Add(step.Lineage, name);
        }

        _live.Add(step.Lineage);
        string declared = isNew ? $"nint {name}" : name;
        if (!RecordedProgram.IsForeign(now))
        {
            Line(
                now.Kind switch
                {
                    RecordedKind.Calloc => $"{declared} = state.RmCalloc(1, {now.Size});",
                    RecordedKind.Aligned => $"{declared} = state.RmAlignedAlloc({1UL << now.AlignmentLog2}, {now.Size});",
                    _ => $"{declared} = state.RmMalloc({now.Size});",
                },
                site);
            return;
        }

        bool isSized = now.Size != RecordedEvent.UnknownSize;
        ulong size = isSized ? now.Size : 1;
        if (IsBorrowed(step.Lineage))
        {
            Line($"{declared} = Marshal.AllocHGlobal({size});", "");
            Line($"state.RmAttach({name}, Marshal.FreeHGlobal{(isSized ? $", {size}" : "")});", site);
        }
        else
        {
            // A state resizes only what came from malloc and has no deallocator of its own.
            Line($"{declared} = state.RmMalloc({size});", "");
            Line($"state.RmDetach({name});", "");
            Line($"state.RmAttach({name}{(isSized ? $", {size}" : "")});", site);
        }
    }

    private bool IsBorrowed(int lineage) =>
        !_resized.Contains(lineage) && _steps.Any(s => s.Lineage == lineage && RecordedProgram.IsForeign(s.Event));

    private void Line(string code, string comment)
    {
        string line = Indent + code;
        _text.AppendLine(comment.Length == 0 ? line : $"{line.PadRight(CommentColumn)} // {OneLine(comment)}");
    }

    // a to z, then a1, b1, ...
    private static string NameOf(int number) => $"{(char)('a' + (number % 26))}{(number < 26 ? "" : $"{number / 26}")}";

    private static string Identifier(string name)
    {
        string letters = string.Concat(name.Split([.. name.Where(static c => !char.IsAsciiLetterOrDigit(c))], StringSplitOptions.RemoveEmptyEntries)
            .Select(static word => char.ToUpperInvariant(word[0]) + word[1..]));
        return letters.Length > 0 && char.IsAsciiLetter(letters[0]) ? letters : $"The{letters}";
    }

    // A name from a file must not end the comment it stands in.
    private static string OneLine(string text) => string.Concat(text.Select(static c => char.IsControl(c) || c is '\u0085' or '\u2028' or '\u2029' ? ' ' : c));

    private static string ExceptionOf(RecordedMisuse misuse) => misuse switch
    {
        RecordedMisuse.AlreadyTracked => "AlreadyTrackedException",
        RecordedMisuse.Shared => "SharedBlockException",
        _ => "UntrackedPointerException",
    };

    private static string CallOf(RecordedMember member, string block) => member switch
    {
        RecordedMember.Retain => $"RmRetain({block})",
        RecordedMember.Attach => $"RmAttach({block})",
        RecordedMember.Detach => $"RmDetach({block})",
        RecordedMember.Realloc => $"RmRealloc({block}, 1)",
        _ => $"RmRelease({block})",
    };
}
