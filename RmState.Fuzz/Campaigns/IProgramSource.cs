using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Campaigns;

/// <summary>
/// Draws the steps of one program while it runs: knowing what lives makes most steps meaningful, and the steps taken are
/// recorded, so a replay needs no generator.
/// </summary>
internal interface IProgramSource
{
    ProgramOptions Options { get; }

    int Length { get; }

    /// <summary>Begins the program.</summary>
    IExecution Begin(FixedRegion region);

    /// <summary>The next step.</summary>
    /// <param name="subject">What <see cref="Begin"/> gave.</param>
    Op Next(IExecution subject);
}
