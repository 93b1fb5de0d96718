using System.Text.Json.Serialization;

namespace Rm.Diagnostics;

/// <summary>A block in a snapshot's JSON; what is unknown is left out.</summary>
internal readonly struct SnapshotBlock
{
    [JsonConverter(typeof(AddressConverter))]
    public nint Address { get; init; }

    public long Count { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? Size { get; init; }

    /// <summary>The index of its site.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Site { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Born { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? AgeMs { get; init; }
}
