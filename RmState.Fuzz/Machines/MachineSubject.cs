using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Machines;

/// <summary>
/// The state under test. FsCheck goes on after a failed step, and with a broken table that would end the process: from the
/// first failure on nothing touches the state.
/// </summary>
internal sealed class MachineSubject : IDisposable
{
    private readonly FixedRegion _region;
    private readonly Execution _execution;
    private readonly Action<string> _failedAtEnd;
    private readonly bool _roundsUp;
    private bool _broken;

    public MachineSubject(ProgramOptions options, Action<string> failedAtEnd)
    {
        _region = new FixedRegion(options.Region);
        _execution = new Execution(options, _region);
        _failedAtEnd = failedAtEnd;
        _roundsUp = options.Allocator == AllocatorKind.Arena;
    }

    /// <summary>Takes a step and compares; null when all is as predicted.</summary>
    public string? Step(Op op, Prediction after)
    {
        if (_broken)
        {
            return null;
        }

        try
        {
            _execution.Step(op);
            _execution.Compare(after.Blocks.Select(b => KeyValuePair.Create(b.Key, b.Value.Count)), _roundsUp ? null : after.LiveBytes);
            return null;
        }
        catch (MismatchException e)
        {
            _broken = true;
            return e.Message;
        }
    }

    public void Dispose()
    {
        try
        {
            if (!_broken)
            {
                _execution.Finish();
            }
        }
        catch (MismatchException e)
        {
            _failedAtEnd(e.Message);
        }
        finally
        {
            _execution.Dispose();
            _region.Dispose();
        }
    }
}
