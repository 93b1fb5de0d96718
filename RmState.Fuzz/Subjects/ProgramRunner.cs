using Rm.Fuzz.Campaigns;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <summary>Runs programs, drawn or given, on states of their own over one region.</summary>
internal sealed class ProgramRunner(FixedRegion region)
{
    private Op[] _taken = new Op[1024];

    /// <summary>Draws a program while running it.</summary>
    /// <param name="generator">What draws it.</param>
    /// <param name="steps">How many steps were taken and went well.</param>
    /// <param name="taking">Told of each step before it is taken.</param>
    public ProgramFailure? Run(ProgramGenerator generator, out int steps, Action<Op>? taking = null)
    {
        using Execution execution = new(generator.Options, region);
        steps = 0;
        try
        {
            for (; steps < generator.Length; steps++)
            {
                if (steps == _taken.Length)
                {
                    Array.Resize(ref _taken, steps * 2);
                }

                _taken[steps] = generator.Next(execution);
                taking?.Invoke(_taken[steps]);
                execution.Step(_taken[steps]);
            }

            execution.Finish();
            return null;
        }
        catch (MismatchException e)
        {
            Op[] taken = _taken[..Math.Min(steps + 1, generator.Length)];
            return new ProgramFailure(new FuzzProgram(generator.Options, taken), steps, e.Message);
        }
    }

    /// <summary>Runs a given program.</summary>
    public ProgramFailure? Run(FuzzProgram program)
    {
        using Execution execution = new(program.Options, region);
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
}
