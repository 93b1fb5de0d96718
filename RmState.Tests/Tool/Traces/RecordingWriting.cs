using System.Buffers.Binary;
using Rm.Diagnostics;

namespace Rm.Tests.Tool.Traces;

/// <summary>Writes RMT2 recordings, valid ones or not: nothing is checked.</summary>
internal sealed class RecordingWriting
{
    private readonly List<byte> _events = [];
    private ulong _count;

    /// <summary>The count in the header, where it should not be the number of events.</summary>
    public ulong? PromisedEvents { get; init; }

    /// <summary>Writes a tag and fields as they are.</summary>
    public RecordingWriting Event(RecordingOp op, int flags, params ulong[] fields)
    {
        _count++;
        _events.Add((byte)((int)op | flags));
        foreach (ulong field in fields)
        {
            ulong value = field;
            for (; value >= 0x80; value >>= 7)
            {
                _events.Add((byte)(value | 0x80));
            }

            _events.Add((byte)value);
        }

        return this;
    }

    /// <summary>Writes bytes as they are.</summary>
    public RecordingWriting Raw(params byte[] bytes)
    {
        _events.AddRange(bytes);
        return this;
    }

    public byte[] ToArray() => Headed([.. _events], PromisedEvents ?? _count);

    /// <summary>Puts a header before events.</summary>
    public static byte[] Headed(byte[] events, ulong promised = ulong.MaxValue)
    {
        byte[] bytes = [.. "RMT2"u8, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. events];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), promised);
        return bytes;
    }
}
