namespace Rm.Fuzz.Programs;

/// <summary>A state's options and the steps to take with it.</summary>
internal sealed record FuzzProgram(ProgramOptions Options, Op[] Ops);
