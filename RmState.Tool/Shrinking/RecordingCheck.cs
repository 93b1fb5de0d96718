using System.Diagnostics;
using Rm.Diagnostics;
using Rm.Tool.Recordings;
using Rm.Tool.Replay;

namespace Rm.Tool.Shrinking;

/// <summary>A program of the user's that says of a recording whether it still shows what is wrong.</summary>
/// <param name="command">The program; it gets the recording's path as its only argument, and ends with 0 if nothing is wrong.</param>
/// <param name="path">Where to write the recordings.</param>
internal sealed class RecordingCheck(string command, string path)
{
    /// <summary>Does what is left of a recording on a state that is recorded, and has the recording checked.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public bool Fails(ProgramStep[] steps)
    {
        _ = RecordingRunner.Run(ReplayAllocator.Malloc, Math.Max(1, steps.Length), replay =>
        {
            using RmRecording recording = replay.State.Record(path);
            foreach (ProgramStep step in RecordedProgram.Repair(steps).Steps)
            {
                replay.Do(step.Event, step.Site);
            }
        });
        using var process = Process.Start(new ProcessStartInfo(command) { ArgumentList = { path } })!;
        process.WaitForExit();
        return process.ExitCode != 0;
    }
}
