using System.Globalization;
using System.Text;

namespace Rm.Fuzz.Programs;

/// <summary>A step as a line of text: <c>attach-delegate #3 address=0x1000 size=64</c>, and back.</summary>
internal static class OpText
{
    private static readonly Dictionary<OpCode, Shape> Shapes = Enum.GetValues<OpCode>().ToDictionary(c => c, ShapeOf);
    private static readonly Dictionary<string, OpCode> Codes = Shapes.ToDictionary(s => s.Value.Name, s => s.Key, StringComparer.Ordinal);

    public static string Format(Op op)
    {
        if (!Shapes.TryGetValue(op.Code, out Shape shape))
        {
            return "nothing";
        }

        StringBuilder text = new(shape.Name);
        if (shape.Register)
        {
            text.Append(" #").Append(op.Register);
        }

        Operand(text, shape.A, op.A);
        Operand(text, shape.B, op.B);
        return text.ToString();
    }

    public static Op Parse(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || !Codes.TryGetValue(words[0], out OpCode code))
        {
            throw new FormatException($"unknown step '{line}'");
        }

        Shape shape = Shapes[code];
        Op op = new(code);
        foreach (string word in words.Skip(1))
        {
            op = word.Split('=') switch
            {
                [['#', .. var register]] when shape.Register => op with { Register = int.Parse(register, CultureInfo.InvariantCulture) },
                [var name, var value] when string.Equals(name, shape.A, StringComparison.Ordinal) => op with { A = Value(name, value) },
                [var name, var value] when string.Equals(name, shape.B, StringComparison.Ordinal) => op with { B = Value(name, value) },
                _ => throw new FormatException($"'{word}' does not belong to '{shape.Name}'"),
            };
        }

        return op;
    }

    private static void Operand(StringBuilder text, string? name, long value)
    {
        if (name is null)
        {
            return;
        }

        text.Append(' ').Append(name).Append('=');
        if (string.Equals(name, "reaction", StringComparison.Ordinal))
        {
            text.Append((Reaction)value);
        }
        else if (string.Equals(name, "end", StringComparison.Ordinal))
        {
            text.Append((MembufEnd)value);
        }
        else if (value is >= -4096 and < 65536)
        {
            text.Append(value);
        }
        else
        {
            text.Append("0x").Append(value.ToString("x", CultureInfo.InvariantCulture));
        }
    }

    private static long Value(string name, string text)
    {
        if (string.Equals(name, "reaction", StringComparison.Ordinal))
        {
            return (long)Enum.Parse<Reaction>(text);
        }

        if (string.Equals(name, "end", StringComparison.Ordinal))
        {
            return (long)Enum.Parse<MembufEnd>(text);
        }

        return text.StartsWith("0x", StringComparison.Ordinal)
            ? (long)ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : long.Parse(text, CultureInfo.InvariantCulture);
    }

    private static Shape ShapeOf(OpCode code)
    {
        string name = string.Concat(code.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? "-" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
        return code switch
        {
            OpCode.Calloc or OpCode.TryCalloc => new(name, true, "count", "size"),
            OpCode.Aligned or OpCode.TryAligned => new(name, true, "alignment", "size"),
            OpCode.MallocTyped => new(name, true, "count", null),
            >= OpCode.Malloc and <= OpCode.TryRealloc => new(name, true, "size", "raw"),
            >= OpCode.AttachHeap and <= OpCode.AttachOrRetainHeap or OpCode.AttachNext => new(name, true, "size", "raw"),
            >= OpCode.AttachDelegate and <= OpCode.AttachFunctionContext => new(name, true, "address", "size"),
            OpCode.RetainMany or OpCode.ReleaseMany => new(name, true, "times", null),
            OpCode.Preset => new(name, true, "count", null),
            OpCode.React => new(name, true, "reaction", "register"),
            OpCode.ReleaseAll => new(name, true, null, null),
            >= OpCode.AttachAgain and <= OpCode.TryDetach or OpCode.Look => new(name, true, null, "raw"),
            OpCode.Generation or OpCode.ReuseBehind => new(name, true, null, null),
            OpCode.LookAt => new(name, false, "address", null),
            OpCode.MisuseAt => new(name, false, "address", "form"),
            OpCode.NullArgument or OpCode.BadArgument => new(name, false, "form", null),
            OpCode.EnumerateChanged => new(name, true, "after", "form"),
            OpCode.Trim => new(name, false, "slices", null),
            OpCode.FailAllocator or OpCode.FailTable => new(name, false, "calls", null),
            OpCode.Reenter => new(name, true, "form", null),
            OpCode.Level => new(name, false, "level", null),
            OpCode.At => new(name, false, "site", null),
            OpCode.RetainAs => new(name, true, "hold", "raw"),
            OpCode.EndHold => new(name, false, "hold", null),
            OpCode.WhoHolds => new(name, true, null, null),
            OpCode.ExplainAt => new(name, true, null, "offset"),
            OpCode.Explain => new(name, false, "address", null),
            >= OpCode.MembufOn => MembufShapeOf(code, name),
            >= OpCode.HeapAllocate => HeapShapeOf(code, name),
            _ => new(name, false, null, null),
        };
    }

    private static Shape HeapShapeOf(OpCode code, string name) => code switch
    {
        OpCode.HeapAllocate or OpCode.HeapZeroed or OpCode.HeapReallocate => new(name, true, "size", null),
        OpCode.HeapAligned => new(name, true, "alignment", "size"),
        OpCode.HeapFreeInside => new(name, true, "offset", null),
        OpCode.HeapFreeOther => new(name, true, "pool", null),
        OpCode.HeapFreeAt => new(name, true, "address", null),
        OpCode.HeapReallocateWrong or OpCode.HeapBadArgument => new(name, true, "form", null),
        OpCode.HeapVerify => new(name, false, null, null),
        OpCode.HeapTrim => new(name, true, "budget", null),
        OpCode.ArenaTrim => new(name, false, "budget", null),
        OpCode.ArenaLimit => new(name, false, "bytes", null),
        OpCode.ArenaSpare => new(name, false, "percent", null),
        OpCode.MemoryFail => new(name, false, "calls", null),
        OpCode.MemoryDown => new(name, false, "which", null),
        _ => new(name, true, null, null),
    };

    private static Shape MembufShapeOf(OpCode code, string name) => code switch
    {
        OpCode.MembufOn => new(name, false, "thread", null),
        >= OpCode.MembufAlloc and <= OpCode.MembufAllocEnding => new(name, true, "size", "alignment"),
        OpCode.MembufAllocFunction => new(name, true, "size", null),
        OpCode.MembufRef or OpCode.MembufDeref or OpCode.MembufLook => new(name, true, "form", null),
        OpCode.MembufDerefAll => new(name, true, null, null),
        OpCode.MembufPreset => new(name, true, "count", null),
        OpCode.MembufReact => new(name, true, "end", "register"),
        OpCode.MembufStray => new(name, true, "offset", null),
        OpCode.MembufStrayAt => new(name, false, "address", null),
        OpCode.MembufAllocLinked => new(name, true, "size", "register"),
        OpCode.MembufSend => new(name, true, "thread", null),
        OpCode.MembufTake => new(name, true, null, null),
        OpCode.MembufPause => new(name, false, "spins", null),
        _ => new(name, false, null, null),
    };

    private readonly record struct Shape(string Name, bool Register, string? A, string? B);
}
