using System.Buffers.Binary;
using System.IO.Compression;
using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Traces;

/// <summary>Writes RMT1 traces, valid ones or not: nothing is checked.</summary>
public sealed class TraceWriter
{
    private readonly List<byte> _events = [];
    private int _next;

    /// <summary>The count in the header, where it should not be the number of events.</summary>
    public ulong? PromisedEvents { get; init; }

    public int EventCount { get; private set; }

    public int Malloc(ulong size, int thread = 0) => Allocate(TraceOp.Malloc, thread, size);

    public int Calloc(ulong size, int thread = 0) => Allocate(TraceOp.Calloc, thread, size);

    public int Aligned(ulong log2, ulong size, int thread = 0) => Allocate(TraceOp.Aligned, thread, log2, size);

    public int Realloc(int? id, ulong size, int thread = 0) =>
        Allocate(TraceOp.Realloc, thread, id is null ? 0 : (ulong)(_next - id.Value), size);

    public void Free(int id, int thread = 0) => Event(TraceOp.Free, thread, (ulong)(_next - id));

    /// <summary>Writes a tag and fields as they are.</summary>
    public void Event(ulong tag, params ulong[] fields)
    {
        EventCount++;
        Varint(tag);
        foreach (ulong field in fields)
        {
            Varint(field);
        }
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Raw(params byte[] bytes) => _events.AddRange(bytes);

    public byte[] ToArray()
    {
        byte[] bytes = [.. "RMT1"u8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. _events];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), PromisedEvents ?? (ulong)EventCount);
        return bytes;
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private int Allocate(TraceOp op, int thread, params ulong[] fields)
    {
        Event(op, thread, fields);
        return _next++;
    }

    private void Event(TraceOp op, int thread, params ulong[] fields) => Event(((ulong)thread * 8) + (ulong)op, fields);

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _events.Add((byte)(value | 0x80));
        }

        _events.Add((byte)value);
    }
}
