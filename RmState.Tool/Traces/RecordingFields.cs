using System.Text;
using Rm.Diagnostics;

namespace Rm.Tool.Traces;

/// <summary>The fields of an RMT2 recording's events, one after the other, each held to its own bounds.</summary>
/// <remarks>Where the bytes end within a field, <see cref="EndOfStreamException"/> is thrown: an unfinished recording may.</remarks>
internal sealed class RecordingFields(TraceBytes bytes)
{
    private const int MostInTag = 0x7F;

    private long _eventStart;
    private nint _previous;

    /// <summary>The number of the event in the file, from 0.</summary>
    public long Event { get; private set; }

    public void BeginEvent() => _eventStart = bytes.Position;

    public void EndEvent() => Event++;

    /// <summary>Whether nothing follows.</summary>
    public bool IsAtEnd() => bytes.Take() < 0;

    public (RecordingOp Op, byte Flags) TakeTag()
    {
        byte tag = TakeByte();
        return tag <= MostInTag
            ? ((RecordingOp)(tag & RecordingFormat.OpMask), (byte)(tag & ~RecordingFormat.OpMask))
            : throw Broken("a tag of more than 7 bits");
    }

    public void RefuseFlags(byte flags, int allowed)
    {
        if ((flags & ~allowed) != 0)
        {
            throw Broken($"flags 0x{flags:X2}, which its op does not have");
        }
    }

    public ulong TakeVarint() => bytes.TakeVarint(out ulong value) switch
    {
        VarintOutcome.Done => value,
        VarintOutcome.Cut => throw new EndOfStreamException(),
        VarintOutcome.TooLong => throw Broken(TraceBytes.TooLong),
        _ => throw Broken(TraceBytes.NotShortest),
    };

    /// <summary>Takes an address, which is written as its distance from the last one.</summary>
    public nint TakeAddress(bool inBytes)
    {
        ulong zigzag = TakeVarint();
        long units = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        _previous = unchecked(_previous + (nint)(inBytes ? units : units << RecordingFormat.AddressUnitLog2));
        return _previous;
    }

    public ulong TakeSize()
    {
        ulong size = TakeVarint();
        return size <= TraceReader.MaxLiveBytes ? size : throw Broken($"a size of {size} bytes");
    }

    public long TakeCount()
    {
        ulong count = TakeVarint();
        return count is > 0 and <= long.MaxValue ? (long)count : throw Broken($"a count of {count}");
    }

    public int TakeAlignment()
    {
        ulong log2 = TakeVarint();
        return log2 <= TraceReader.MaxAlignmentLog2
            ? (int)log2
            : throw Broken($"alignment 2^{log2}; 2^{TraceReader.MaxAlignmentLog2} is the most");
    }

    public string TakeText()
    {
        ulong length = TakeVarint();
        if (length > RecordingFormat.LongestText)
        {
            throw Broken($"a text of {length} bytes; {RecordingFormat.LongestText} are the most");
        }

        byte[] text = new byte[length];
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = TakeByte();
        }

        return Encoding.UTF8.GetString(text);
    }

    /// <summary>The exception for an event that breaks a rule.</summary>
    public TraceException Broken(string cause) => new($"{bytes.Name}: event {Event} at byte {_eventStart}: {cause}");

    /// <summary>The exception for a counted recording that ends too early.</summary>
    public TraceException Cut(ulong promised, Exception inner) => new(
        $"{bytes.Name}: cut short: ends at byte {bytes.Position} within event {Event} of the {promised} in its header", inner);

    private byte TakeByte()
    {
        int b = bytes.Take();
        return b >= 0 ? (byte)b : throw new EndOfStreamException();
    }
}
