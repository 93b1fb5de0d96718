namespace Rm.Tool.Commands;

/// <summary>A line per trace.</summary>
internal sealed class PlainProgress(TextWriter output) : IReplayProgress
{
    public void Begin(string trace, int replays) => output.WriteLine($"{trace}: {replays} {(replays == 1 ? "replay" : "replays")}");

    public void Step()
    {
    }
}
