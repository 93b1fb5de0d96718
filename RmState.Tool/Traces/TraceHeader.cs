using System.Buffers.Binary;
using System.Text;

namespace Rm.Tool.Traces;

/// <summary>The first 16 bytes of a recorded heap of either version: "RMT" and a digit, the version as u32, a count of events as u64.</summary>
internal static class TraceHeader
{
    private const int Size = 16;
    private const int MagicSize = 4;

    private static readonly byte[] Family = [.. "RMT"u8];

    /// <summary>Reads a header of one version.</summary>
    /// <returns>The number of events it promises.</returns>
    /// <exception cref="TraceException">It is another file's, or too short.</exception>
    public static ulong ReadCount(TraceBytes bytes, uint version)
    {
        byte[] magic = [.. Family, (byte)('0' + version)];
        Span<byte> header = stackalloc byte[Size];
        for (int i = 0; i < Size; i++)
        {
            int b = bytes.Take();
            if (b < 0 && i >= MagicSize && header.StartsWith(magic))
            {
                throw new TraceException($"{bytes.Name}: cut short: ends within the header, after byte {i}");
            }

            header[i] = (byte)Math.Max(b, 0);
        }

        if (!header.StartsWith(magic))
        {
            throw new TraceException($"{bytes.Name}: not an {Encoding.ASCII.GetString(magic)} trace");
        }

        uint written = BinaryPrimitives.ReadUInt32LittleEndian(header[MagicSize..]);
        return written == version
            ? BinaryPrimitives.ReadUInt64LittleEndian(header[(Size / 2)..])
            : throw new TraceException($"{bytes.Name}: version {written} of the trace format; this reader knows version {version}");
    }

    /// <summary>Finds out which version a file is of, gzipped or not, by its first bytes.</summary>
    /// <exception cref="TraceException">It cannot be read, or is none.</exception>
    public static uint VersionOf(string path)
    {
        using TraceBytes bytes = TraceBytes.Open(path);
        foreach (byte expected in Family)
        {
            if (bytes.Take() != expected)
            {
                throw new TraceException($"{path}: not a recorded heap: it begins with neither RMT1 nor RMT2");
            }
        }

        return bytes.Take() switch
        {
            '1' => 1,
            '2' => 2,
            _ => throw new TraceException($"{path}: not a recorded heap: it begins with neither RMT1 nor RMT2"),
        };
    }
}
