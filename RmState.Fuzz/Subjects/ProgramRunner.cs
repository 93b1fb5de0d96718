using Rm.Fuzz.Campaigns;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <summary>Runs programs, drawn or given, on subjects of their own over one region.</summary>
internal sealed class ProgramRunner(FixedRegion region)
{
    private Op[] _taken = new Op[1024];

    /// <summary>Draws a program while running it.</summary>
    /// <param name="source">What draws it.</param>
    /// <param name="steps">How many steps were taken and went well.</param>
    /// <param name="taking">Told of each step before it is taken.</param>
    public ProgramFailure? Run(IProgramSource source, out int steps, Action<Op>? taking = null)
    {
        using IExecution execution = source.Begin(region);
        steps = 0;
        try
        {
            for (; steps < source.Length; steps++)
            {
                if (steps == _taken.Length)
                {
                    Array.Resize(ref _taken, steps * 2);
                }

                _taken[steps] = source.Next(execution);
                taking?.Invoke(_taken[steps]);
                execution.Step(_taken[steps]);
            }

            execution.Finish();
            return null;
        }
        catch (MismatchException e)
        {
            Op[] taken = _taken[..Math.Min(steps + 1, source.Length)];
            return new ProgramFailure(new FuzzProgram(source.Options, taken), steps, e.Message);
        }
    }

    /// <summary>Runs a given program.</summary>
    public ProgramFailure? Run(FuzzProgram program)
    {
        using IExecution execution = Begin(program.Options);
        int step = 0;
        try
        {
            for (; step < program.Ops.Length; step++)
            {
                execution.Step(program.Ops[step]);
            }

            execution.Finish();
            return null;
        }
        catch (MismatchException e)
        {
            return new ProgramFailure(program, step, e.Message);
        }
    }

    private IExecution Begin(ProgramOptions options) => options switch
    {
        { Membufs: > 0, Rounds: > 0 } => new RacingExecution(options),
        { Membufs: > 0 } => new MembufExecution(options),
        _ when options.Heaps + options.BlockHeaps > 0 => new HeapExecution(options, region),
        _ => new Execution(options, region),
    };
}
