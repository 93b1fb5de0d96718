using Rm.Tool.Traces;

namespace Rm.Tool.Shrinking;

/// <summary>One operation of a recording that is cut down.</summary>
/// <param name="Index">Its place among the recording's operations: what it is known by however much is cut.</param>
/// <param name="Lineage">The block it is about, one number through all its reallocations; −1 for an address of no block.</param>
/// <param name="Event">What it does. The objects in it are only right after <see cref="RecordedProgram.Repair"/>.</param>
/// <param name="Site">Where it was called.</param>
internal readonly record struct ProgramStep(int Index, int Lineage, RecordedEvent Event, RmSite Site);
