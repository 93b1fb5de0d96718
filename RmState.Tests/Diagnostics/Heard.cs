using Rm.Tool.Traces;

namespace Rm.Tests.Diagnostics;

/// <summary>What an observer is told, or a recording says, of one operation or violation.</summary>
internal readonly record struct Heard(RecordedKind Kind, nint Block, nint Previous, ulong Size, int AlignmentLog2, string File, int Line);
