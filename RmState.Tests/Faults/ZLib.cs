using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Rm.Tests.Faults;

/// <summary>The few functions of the system's zlib that allocate on behalf of their caller.</summary>
internal static unsafe partial class ZLib
{
    public const int Ok = 0;
    public const int StreamEnd = 1;
    public const int Finish = 4;

    private const int DefaultLevel = -1;

    static ZLib()
    {
        if (!NativeLibrary.TryLoad("libz.so.1", out _))
        {
            throw new DllNotFoundException(
                "These tests share blocks with zlib and libz.so.1 is not installed (Debian, Ubuntu: apt install zlib1g).");
        }
    }

    public static int DeflateInit(Stream* stream) => DeflateInit(stream, DefaultLevel, "1.2.11", sizeof(Stream));

    [LibraryImport("libz.so.1", EntryPoint = "deflate")]
    public static partial int Deflate(Stream* stream, int flush);

    [LibraryImport("libz.so.1", EntryPoint = "deflateEnd")]
    public static partial int DeflateEnd(Stream* stream);

    [LibraryImport("libz.so.1", EntryPoint = "gzopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GzOpen(string path, string mode);

    [LibraryImport("libz.so.1", EntryPoint = "gzwrite")]
    public static partial int GzWrite(nint file, nint buffer, uint length);

    [LibraryImport("libz.so.1", EntryPoint = "gzclose")]
    public static partial int GzClose(nint file);

    public static byte[] Unpack(ReadOnlySpan<byte> packed, int length)
    {
        using var stream = new ZLibStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        byte[] unpacked = new byte[length];
        stream.ReadExactly(unpacked);
        return unpacked;
    }

    public static string ReadGz(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    [LibraryImport("libz.so.1", EntryPoint = "deflateInit_", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DeflateInit(Stream* stream, int level, string version, int streamSize);

    /// <summary>zlib's z_stream.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Stream
    {
        public byte* NextIn;
        public uint AvailableIn;
        public CULong TotalIn;
        public byte* NextOut;
        public uint AvailableOut;
        private readonly CULong _totalOut;
        private readonly nint _message;
        private readonly nint _state;
        public delegate* unmanaged<nint, uint, uint, void*> Allocate;
        public delegate* unmanaged<nint, void*, void> Free;
        public nint Opaque;
        private readonly int _dataType;
        private readonly CULong _adler;
        private readonly CULong _reserved;

        public readonly nuint TotalOut => _totalOut.Value;
    }
}
