namespace Rm.Tool.Replay;

/// <summary>Compares bytes of a block with the value they should have; <see cref="BlockPattern.Check"/>.</summary>
internal delegate void PatternCheck(nint block, nuint from, nuint to, int id, byte value, ReplayTally tally);
