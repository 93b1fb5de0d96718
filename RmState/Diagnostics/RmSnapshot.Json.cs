using System.Text.Json;

namespace Rm.Diagnostics;

public sealed partial class RmSnapshot
{
    /// <summary>The snapshot as JSON: an object with <c>"format": "rmstate-snapshot"</c> and <c>"version": 1</c>; docs/diagnostics.md has its fields.</summary>
    /// <returns>One line of text. For a snapshot of millions of blocks write to a stream instead.</returns>
    public string ToJson() => JsonSerializer.Serialize(ToDocument(), SnapshotJson.Default.SnapshotDocument);

    /// <summary>Writes the JSON of <see cref="ToJson"/> as UTF-8.</summary>
    /// <param name="stream">Where to; it stays open.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    public void WriteJson(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        JsonSerializer.Serialize(stream, ToDocument(), SnapshotJson.Default.SnapshotDocument);
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote. Unknown fields are skipped.</summary>
    /// <param name="json">The text.</param>
    /// <returns>An equal snapshot.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="json"/> is null.</exception>
    /// <exception cref="FormatException">The text is no snapshot of a known version, or damaged.</exception>
    public static RmSnapshot FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Read(() => JsonSerializer.Deserialize(json, SnapshotJson.Default.SnapshotDocument));
    }

    /// <summary>Reads what <see cref="WriteJson"/> wrote. Unknown fields are skipped.</summary>
    /// <param name="stream">UTF-8 text to its end; it stays open.</param>
    /// <returns>An equal snapshot.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="FormatException">The text is no snapshot of a known version, or damaged.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static RmSnapshot FromJson(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Read(() => JsonSerializer.Deserialize(stream, SnapshotJson.Default.SnapshotDocument));
    }

    private static RmSnapshot Read(Func<SnapshotDocument?> parse)
    {
        try
        {
            return FromDocument(parse() ?? throw new FormatException("The JSON is null, not a snapshot."));
        }
        catch (JsonException failure)
        {
            throw new FormatException($"The JSON is no snapshot: {failure.Message}", failure);
        }
    }

    private SnapshotDocument ToDocument() => new()
    {
        Format = SnapshotDocument.ExpectedFormat,
        Version = SnapshotDocument.ExpectedVersion,
        StateName = StateName,
        Time = Time,
        Level = Level,
        Operation = Operation,
        Statistics = Statistics,
        Sites = [.. Captured.Sites.Skip(1).Select(site => new SnapshotSite { File = site.File, Line = site.Line })],
        Blocks = ToBlocks(Captured.Rows),
    };

    private static SnapshotBlock[] ToBlocks(ReadOnlySpan<CapturedBlock> rows)
    {
        var blocks = new SnapshotBlock[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            CapturedBlock row = rows[i];
            blocks[i] = new SnapshotBlock
            {
                Address = row.Address,
                Count = row.Count,
                Size = row.Size == nuint.MaxValue ? null : row.Size,
                Site = row.Site == 0 ? null : row.Site - 1,
                Born = row.Born == 0 ? null : row.Born,
                AgeMs = row.Age == CapturedBlock.UnknownAge ? null : row.Age,
            };
        }

        return blocks;
    }

    private static RmSnapshot FromDocument(SnapshotDocument document)
    {
        Require(string.Equals(document.Format, SnapshotDocument.ExpectedFormat, StringComparison.Ordinal), $"its format is '{document.Format}'");
        Require(document.Version == SnapshotDocument.ExpectedVersion, FormattableString.Invariant($"its version {document.Version} is not known here"));
        Require(document.Level is >= RmDiagnosticsLevel.Counters and <= RmDiagnosticsLevel.Full, "its level is none");
        Require(document.Operation >= 0, "its operation is negative");
        if (document is not { Time: { } time, Statistics: { } statistics, Sites: { } sites, Blocks: { } blocks })
        {
            throw new FormatException("The JSON is no snapshot: time, statistics, sites or blocks are missing.");
        }

        Require(Array.TrueForAll(sites, site => !string.IsNullOrEmpty(site.File) && site.Line >= 0), "a site has no file or no line");
        Require(sites.Distinct().Count() == sites.Length, "a site is listed twice");
        var captured = new CapturedBlocks(
            Array.ConvertAll(blocks, block => FromBlock(block, sites.Length)),
            [default, .. sites.Select(site => new RmSite(site.File!, site.Line))]);
        return new RmSnapshot(captured)
        {
            StateName = document.StateName,
            Time = time,
            Level = document.Level,
            Operation = document.Operation,
            Statistics = statistics,
        };
    }

    private static CapturedBlock FromBlock(SnapshotBlock block, int sites)
    {
        Require(block.Address != 0 && block.Count > 0, "a block has no address or no count");
        Require(block.Site is null or >= 0 && !(block.Site >= sites), "a block's site is not in its list");
        Require(block.Born is null or > 0 && !(block.Size > long.MaxValue), "a block's birth or size is out of range");
        return new CapturedBlock
        {
            Address = block.Address,
            Count = block.Count,
            Size = block.Size is { } size ? (nuint)size : nuint.MaxValue,
            Born = block.Born ?? 0,
            Age = block.AgeMs ?? CapturedBlock.UnknownAge,
            Site = block.Site + 1 ?? 0,
        };
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FormatException($"The JSON is no snapshot: {otherwise}.");
        }
    }
}
