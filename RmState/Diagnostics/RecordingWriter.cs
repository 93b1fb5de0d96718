using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Rm.Diagnostics;

/// <summary>
/// Writes the bytes of a recording. Events go to a buffer; the stream gets it whenever it is full. A stream that fails ends the
/// recording and nothing else.
/// </summary>
/// <remarks>Nothing is allocated by event. One thread at a time.</remarks>
internal sealed unsafe class RecordingWriter
{
    private const int BufferBytes = 1 << 17;

    // No event but a definition, which asks for its own room, takes as much.
    private const int EventBytes = 64;

    // A clock reading costs as much as several events: busy states get one in so many bytes, idle ones one by event.
    private const int MostBytesByClock = 4096;
    private const long ShortTicks = TimeSpan.TicksPerMillisecond;
    private const long LongTicks = 10 * TimeSpan.TicksPerMillisecond;

    private readonly Stream _stream;
    private readonly long _start;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private readonly byte* _first;
    private readonly RecordingSites _sites = new();
    private byte* _next;

    // Where the buffer must be flushed or the clock be read: one compare by event for both. Null once nothing is written any more.
    private byte* _limit;
    private nint _previous;
    private string _file = "";
    private int _line;
    private long _lastClock = Stopwatch.GetTimestamp();
    private long _clockRest;
    private int _bytesByClock = 1;
    private long _flushed;
    private long _events;

    /// <summary>Begins a recording with its header.</summary>
    internal RecordingWriter(Stream stream)
    {
        _stream = stream;
        _start = stream.CanSeek ? stream.Position : 0;
        _first = (byte*)Unsafe.AsPointer(ref _buffer[0]);
        RecordingFormat.Magic.CopyTo(_buffer);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(RecordingFormat.Magic.Length), RecordingFormat.Version);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(RecordingFormat.CountOffset), RecordingFormat.OpenEnded);
        _next = _first + RecordingFormat.HeaderBytes;
        SetLimit(_bytesByClock);
    }

    /// <summary>How many events were written; 0 after a failure.</summary>
    internal long Events => Failure is null ? _events : 0;

    /// <summary>How many bytes they take, the header among them.</summary>
    internal long Bytes => _flushed + (Failure is null ? _next - _first : 0);

    /// <summary>What ended the recording early; null for nothing.</summary>
    internal Exception? Failure { get; private set; }

    /// <summary>The recording began.</summary>
    internal void Begin(DateTimeOffset now, string? name)
    {
        byte* at = Room(RecordingFormat.LongestText + EventBytes);
        *at++ = (byte)((int)RecordingOp.Begin | (name is null ? 0 : RecordingFormat.Detail));
        at = Varint(at, (ulong)(now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        Finish(name is null ? at : Text(at, name));
    }

    /// <summary>An event about a block, without numbers of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Block(RecordingOp op, byte detail, nint block, string file, int line)
    {
        byte* at = Open(op, detail, block, file, line);
        Finish(at);
    }

    /// <summary>An event about a block, with one number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Block(RecordingOp op, byte detail, nint block, ulong number, string file, int line)
    {
        byte* at = Open(op, detail, block, file, line);
        Finish(Varint(at, number));
    }

    /// <summary>An event about a block, with two numbers.</summary>
    internal void Block(RecordingOp op, byte detail, nint block, ulong first, ulong second, string file, int line)
    {
        byte* at = Open(op, detail, block, file, line);
        Finish(Varint(Varint(at, first), second));
    }

    /// <summary>A block got another size and perhaps another address.</summary>
    internal void Moved(nint from, nint to, nuint size, string file, int line)
    {
        // Both addresses go by the same unit.
        bool moved = from != to;
        byte inBytes = (((from - _previous) | (to - from)) & (RecordingFormat.AddressUnit - 1)) != 0 ? RecordingFormat.InBytes : (byte)0;
        int detail = moved ? RecordingFormat.Detail | inBytes : 0;
        byte* at = Open(RecordingOp.Realloc, (byte)detail, from, file, line);
        if (moved)
        {
            at = Address(at, to - from, inBytes != 0);
            _previous = to;
        }

        Finish(Varint(at, size));
    }

    /// <summary>Something happened to the whole.</summary>
    internal void Mark(RecordingMark mark)
    {
        byte* at = Room(EventBytes);
        *at++ = (byte)RecordingOp.Mark;
        *at++ = (byte)mark;
        Finish(at);
    }

    /// <summary>Hands everything to the stream, the time of now included.</summary>
    internal void Flush()
    {
        if (Failure is null)
        {
            WriteClock();
            Empty();
        }

        if (Failure is null)
        {
            Try(_stream.Flush);
        }
    }

    /// <summary>Ends the recording: flushes it and, where the stream can, writes the number of events into the header.</summary>
    internal void Complete()
    {
        if (Failure is null)
        {
            WriteClock();
            Mark(RecordingMark.End);
            Empty();
        }

        if (Failure is null)
        {
            Try(Patch);
        }

        _limit = null;
    }

    /// <summary>Closes the stream.</summary>
    internal void Close() => Try(_stream.Dispose);

    private static byte* Text(byte* at, string text)
    {
        ReadOnlySpan<char> characters = text.AsSpan(0, Math.Min(text.Length, RecordingFormat.LongestText / 3));
        int length = Encoding.UTF8.GetByteCount(characters);
        at = Varint(at, (ulong)length);
        return at + Encoding.UTF8.GetBytes(characters, new Span<byte>(at, length));
    }

    // Numbers of up to four bytes are spread over them without a branch: how many it takes is as random as addresses are.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Varint(byte* at, ulong value)
    {
        if (value >= 1 << 28)
        {
            return LongVarint(at, value);
        }

        uint v = (uint)value;
        uint spread = (v & 0x7F) | ((v << 1) & 0x7F00) | ((v << 2) & 0x7F_0000) | ((v << 3) & 0x7F00_0000);
        int more = BitOperations.Log2(v | 1) * 37 >> 8;
        *(uint*)at = spread | (0x80_8080 & ((1u << (8 * more)) - 1));
        return at + more + 1;
    }

    private static byte* LongVarint(byte* at, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            *at++ = (byte)(value | 0x80);
        }

        *at++ = (byte)value;
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Address(byte* at, nint distance, bool inBytes)
    {
        long units = inBytes ? distance : distance >> RecordingFormat.AddressUnitLog2;
        return Varint(at, (ulong)((units << 1) ^ (units >> 63)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Open(RecordingOp op, byte detail, nint block, string file, int line)
    {
        if (_next >= _limit)
        {
            _ = Room(EventBytes);
        }

        int site = -1;
        if (line != _line || !ReferenceEquals(file, _file))
        {
            site = NumberOf(file, line);
        }

        nint distance = block - _previous;
        bool inBytes = (distance & (RecordingFormat.AddressUnit - 1)) != 0 || (detail & RecordingFormat.InBytes) != 0;
        _previous = block;
        byte* at = _next;
        *at++ = (byte)((int)op | detail | (site >= 0 ? RecordingFormat.HasSite : 0) | (inBytes ? RecordingFormat.InBytes : 0));
        at = Address(at, distance, inBytes);
        return site < 0 ? at : Varint(at, (ulong)site);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Finish(byte* at)
    {
        _next = at;
        _events++;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int NumberOf(string file, int line)
    {
        if (!_sites.TryFind(file, line, out int number))
        {
            Define(file, line);
            _ = _sites.TryFind(file, line, out number);
        }

        _file = file;
        _line = line;
        return number;
    }

    private void Define(string file, int line)
    {
        byte* at = Room(RecordingFormat.LongestText + EventBytes);
        bool isNew = _sites.Add(file, line, out int fileNumber);
        *at++ = (byte)((int)RecordingOp.Site | (isNew ? RecordingFormat.Detail : 0));
        at = Varint(at, (uint)line);
        Finish(isNew ? Text(at, file) : Varint(at, (ulong)fileNumber));
        _ = Room(EventBytes);
    }

    /// <summary>Makes room, and reads the clock if it is due.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* Room(int bytes)
    {
        if (_limit == null)
        {
            // Whatever else comes is written over and over.
            _next = _first;
            return _next;
        }

        if (_next >= _limit)
        {
            WriteClock();
        }

        if (_next + bytes + EventBytes > _first + BufferBytes)
        {
            Empty();
        }

        return _next;
    }

    private void WriteClock()
    {
        long now = Stopwatch.GetTimestamp();
        long ticks = Stopwatch.GetElapsedTime(_lastClock, now).Ticks + _clockRest;
        _lastClock = now;
        _clockRest = ticks % TimeSpan.TicksPerMicrosecond;
        byte* at = _next;
        *at++ = (byte)RecordingOp.Clock;
        Finish(Varint(at, (ulong)(ticks / TimeSpan.TicksPerMicrosecond)));
        _bytesByClock = ticks > LongTicks ? Math.Max(1, _bytesByClock / 4)
            : ticks < ShortTicks ? Math.Min(MostBytesByClock, _bytesByClock * 2)
            : _bytesByClock;
        SetLimit(_bytesByClock);
    }

    private void SetLimit(int bytes)
    {
        byte* last = _first + BufferBytes - (2 * EventBytes);
        _limit = last - _next < bytes ? last : _next + bytes;
    }

    private void Empty()
    {
        int length = (int)(_next - _first);
        _next = _first;
        if (Try(() => _stream.Write(_buffer, 0, length)))
        {
            _flushed += length;
            SetLimit(_bytesByClock);
        }
    }

    private void Patch()
    {
        if (_stream.CanSeek)
        {
            long end = _stream.Position;
            Span<byte> count = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(count, (ulong)_events);
            _stream.Position = _start + RecordingFormat.CountOffset;
            _stream.Write(count);
            _stream.Position = end;
        }

        _stream.Flush();
    }

    private bool Try(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception exception)
        {
            Failure = exception;
            _limit = null;
            return false;
        }
    }
}
