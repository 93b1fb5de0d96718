namespace Rm.Tool.Replay;

/// <summary>The memory of a replay at one moment, in bytes.</summary>
/// <param name="Event">How many events were replayed.</param>
/// <param name="LiveBytes">What the trace had asked for and not freed.</param>
/// <param name="ResidentBytes">Resident bytes of the process, less those before the heap was made.</param>
/// <param name="CommittedBytes">What the arena had committed; null over malloc, which does not tell.</param>
internal readonly record struct MemorySample(int Event, long LiveBytes, long ResidentBytes, long? CommittedBytes);
