using Rm.Tool.Traces;

namespace Rm.Tool.Recordings;

/// <summary>What the model knows of an object that lives.</summary>
/// <param name="Count">References.</param>
/// <param name="Size">Bytes, or <see cref="RecordedEvent.UnknownSize"/>.</param>
/// <param name="IsForeign">Whether it was attached rather than allocated.</param>
internal readonly record struct ModelBlock(long Count, ulong Size, bool IsForeign);
