namespace Rm.Tool.Commands;

/// <summary>Who is told how far the replays are.</summary>
internal interface IReplayProgress
{
    /// <summary>The replays of a trace begin.</summary>
    void Begin(string trace, int replays);

    /// <summary>One of them is done.</summary>
    void Step();
}
