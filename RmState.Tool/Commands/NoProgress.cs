namespace Rm.Tool.Commands;

/// <summary>Nobody: the output is one document.</summary>
internal sealed class NoProgress : IReplayProgress
{
    public void Begin(string trace, int replays)
    {
    }

    public void Step()
    {
    }
}
