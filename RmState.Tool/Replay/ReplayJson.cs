using System.Text.Json.Serialization;

namespace Rm.Tool.Replay;

/// <summary>How reports are written as JSON: between processes, and for those who ask for it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ReplayReport))]
[JsonSerializable(typeof(ReplayDocument))]
internal sealed partial class ReplayJson : JsonSerializerContext;
