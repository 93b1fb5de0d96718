using System.Globalization;
using System.Runtime.InteropServices;

namespace Rm.Diagnostics;

/// <summary>A map file as it was when it was read: of a process that runs, or of one that is no more.</summary>
internal sealed class GuardMap
{
    private readonly List<GuardMapEntry> _entries;

    private GuardMap(GuardMapHeader header, List<GuardMapEntry> entries, int damaged)
    {
        Header = header;
        Damaged = damaged;
        _entries = entries;
        _entries.Sort(static (a, b) => a.Start.CompareTo(b.Start));
    }

    internal GuardMapHeader Header { get; }

    /// <summary>How many records contradict themselves; they are left out.</summary>
    internal int Damaged { get; }

    /// <summary>The blocks, in the order of their addresses.</summary>
    internal IReadOnlyList<GuardMapEntry> Entries => _entries;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no map file, of another version, or cut short; the message is one line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    internal static GuardMap Read(string path)
    {
        const int longest = (1 + GuardedAllocatorOptions.MaxBlocksLimit) * GuardMapRecord.Bytes;
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

        // One byte more shows that there is more; what is no map file may be of any length, or have none.
        byte[] bytes = new byte[longest + 1];
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return Parse(bytes.AsSpan(0, read));
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <exception cref="InvalidDataException">They are no map file, of another version, or cut short; the message is one line.</exception>
    internal static GuardMap Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(ulong) || MemoryMarshal.Read<ulong>(bytes) != GuardMapHeader.ExpectedMagic)
        {
            throw new InvalidDataException("not a map file of guarded blocks");
        }

        if (bytes.Length < GuardMapRecord.Bytes)
        {
            throw new InvalidDataException("cut short: ends within the header");
        }

        GuardMapHeader header = MemoryMarshal.Read<GuardMapHeader>(bytes);
        if (header.Version != GuardMapHeader.CurrentVersion)
        {
            throw Broken($"version {header.Version} of the format; this reader knows version {GuardMapHeader.CurrentVersion}");
        }

        if (header.RecordBytes != GuardMapRecord.Bytes || header.Records is 0 or > GuardedAllocatorOptions.MaxBlocksLimit
            || !ulong.IsPow2(header.PageSize))
        {
            throw Broken($"damaged: the header says {header.Records} records of {header.RecordBytes} bytes, pages of {header.PageSize}");
        }

        long expected = (1 + (long)header.Records) * GuardMapRecord.Bytes;
        if (bytes.Length != expected)
        {
            throw Broken($"{(bytes.Length < expected ? "cut short" : "damaged")}: the header says {expected} bytes, there are {bytes.Length}");
        }

        var entries = new List<GuardMapEntry>();
        int damaged = 0;
        foreach (ref readonly GuardMapRecord record in MemoryMarshal.Cast<byte, GuardMapRecord>(bytes[GuardMapRecord.Bytes..]))
        {
            if (record.State == GuardMapRecord.Unused)
            {
                continue;
            }

            if (GuardMapEntry.TryRead(record, header.PageSize, out GuardMapEntry entry))
            {
                entries.Add(entry);
            }
            else
            {
                damaged++;
            }
        }

        return new GuardMap(header, entries, damaged);
    }

    /// <summary>The block whose address space, guards included, holds an address.</summary>
    internal GuardMapEntry? Find(ulong address) => _entries.Find(e => e.Holds(address));

    /// <summary>The nearest block that lies before an address.</summary>
    internal GuardMapEntry? Below(ulong address) => _entries.FindLast(e => e.Start < address && !e.Holds(address));

    /// <summary>The nearest block that lies behind an address.</summary>
    internal GuardMapEntry? Above(ulong address) => _entries.Find(e => e.Start > address);

    private static InvalidDataException Broken(FormattableString what) => new(what.ToString(CultureInfo.InvariantCulture));
}
