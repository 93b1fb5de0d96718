using System.Buffers.Binary;
using System.IO.Compression;

namespace Rm.Tool.Traces;

/// <summary>The bytes of a trace file, one after the other, unpacked if the file is gzipped.</summary>
/// <remarks>
/// <see cref="GZipStream"/> takes a cut file for a finished one and ignores what follows the compressed data. So the sum and
/// length in a gzip file's last eight bytes are compared here: they must be those of all that was unpacked, which also means
/// that a trace is one gzip member.
/// </remarks>
internal sealed class TraceBytes : IDisposable
{
    /// <summary>What is wrong with a number: see <see cref="VarintOutcome.TooLong"/>.</summary>
    public const string TooLong = "a varint of more than 64 bits";

    /// <summary>What is wrong with a number: see <see cref="VarintOutcome.NotShortest"/>.</summary>
    public const string NotShortest = "a varint that is not in its shortest form";

    private const int BufferSize = 1 << 16;
    private const int ShortestGzip = 18;

    private readonly Stream _file;
    private readonly Stream _unpacked;
    private readonly bool _gzipped;
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly uint _expectedSum;
    private readonly uint _expectedLength;
    private Crc32 _sum = Crc32.Start();
    private int _next;
    private int _filled;
    private long _before;
    private bool _ended;

    /// <summary>Begins to read a stream.</summary>
    /// <param name="name">The name for messages.</param>
    /// <param name="file">A seekable stream at its start; owned from here on.</param>
    /// <exception cref="TraceException">It cannot be read, or begins as gzip and is too short for it.</exception>
    public TraceBytes(string name, Stream file)
    {
        Name = name;
        _file = file;
        try
        {
            Span<byte> magic = stackalloc byte[2];
            _gzipped = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1F, 0x8B];
            if (_gzipped)
            {
                if (file.Length < ShortestGzip)
                {
                    throw new TraceException($"{name}: damaged gzip data: the file is cut short");
                }

                Span<byte> trailer = stackalloc byte[8];
                file.Seek(-trailer.Length, SeekOrigin.End);
                file.ReadExactly(trailer);
                _expectedSum = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
                _expectedLength = BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]);
            }

            file.Seek(0, SeekOrigin.Begin);
        }
        catch (IOException e)
        {
            throw new TraceException($"{name}: cannot be read: {OneLine(e)}", e);
        }

        _unpacked = _gzipped ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    public string Name { get; }

    /// <summary>How many bytes were taken so far: the offset in the unpacked trace of the next one.</summary>
    public long Position => _before + _next;

    /// <summary>Opens a file.</summary>
    /// <exception cref="TraceException">There is no such file, it is empty, or it may not be read.</exception>
    public static TraceBytes Open(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw new TraceException($"{path}: is a directory");
            }

            // Before opening: opening a pipe would wait for a writer, and its length is 0 too.
            if (new FileInfo(path).Length == 0)
            {
                throw new TraceException($"{path}: is empty, or not a file");
            }

            FileStream file = File.OpenRead(path);
            try
            {
                return new TraceBytes(path, file);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (FileNotFoundException e)
        {
            throw new TraceException($"{path}: no such file", e);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new TraceException($"{path}: no such file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new TraceException($"{path}: cannot be opened: {OneLine(e)}", e);
        }
    }

    /// <summary>Takes the next byte; −1 at the end.</summary>
    /// <exception cref="TraceException">The file cannot be read, or its gzip data are damaged.</exception>
    public int Take() => _next < _filled ? _buffer[_next++] : TakeFromNextBuffer();

    /// <summary>Takes a number: seven bits a byte, low bits first, the high bit set on all bytes but the last.</summary>
    /// <exception cref="TraceException">The file cannot be read, or its gzip data are damaged.</exception>
    public VarintOutcome TakeVarint(out ulong value)
    {
        value = 0;
        for (int shift = 0; ; shift += 7)
        {
            int b = Take();
            if (b < 0)
            {
                return VarintOutcome.Cut;
            }

            if (shift == 63 && b > 1)
            {
                return VarintOutcome.TooLong;
            }

            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return b != 0 || shift == 0 ? VarintOutcome.Done : VarintOutcome.NotShortest;
            }
        }
    }

    public void Dispose()
    {
        _unpacked.Dispose();
        _file.Dispose();
    }

    private static string OneLine(Exception e) => e.Message.ReplaceLineEndings(" ");

    private int TakeFromNextBuffer()
    {
        if (_ended || !Fill())
        {
            return -1;
        }

        return _buffer[_next++];
    }

    private bool Fill()
    {
        _before += _filled;
        _next = 0;
        _filled = 0;
        try
        {
            _filled = _unpacked.Read(_buffer, 0, BufferSize);
        }
        catch (InvalidDataException e)
        {
            throw new TraceException($"{Name}: damaged gzip data after byte {_before} of the unpacked trace", e);
        }
        catch (IOException e)
        {
            throw new TraceException($"{Name}: cannot be read after byte {_before}: {OneLine(e)}", e);
        }

        if (_filled > 0)
        {
            if (_gzipped)
            {
                _sum.Append(_buffer.AsSpan(0, _filled));
            }

            return true;
        }

        _ended = true;
        if (_gzipped && (_sum.Value != _expectedSum || (uint)_before != _expectedLength))
        {
            throw new TraceException(
                $"{Name}: damaged gzip data: unpacked to {_before} bytes that are not what the end of the file says: cut short, or followed by something else");
        }

        return false;
    }
}
