using Spectre.Console;

namespace Rm.Tool.Commands;

/// <summary>A bar per trace on a terminal.</summary>
internal sealed class BarProgress(ProgressContext context) : IReplayProgress
{
    private ProgressTask? _task;

    public void Begin(string trace, int replays) => _task = context.AddTask(Markup.Escape(trace), maxValue: replays);

    public void Step() => _task?.Increment(1);
}
