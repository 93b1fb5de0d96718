using FsCheck;
using FsCheck.Experimental;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Interop;

/// <summary>
/// Random programs of hand-overs, references given back, receptions, resets and disposals against a model: every count is right after
/// every step, and every block is freed once, where it belongs. A failure prints its seed and the shrunk program.
/// </summary>
public sealed class HandOverModelTests : LeakChecked
{
    [Fact]
    public void StatesDoWhatTheModelSays() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(150).WithQuietOnSuccess(true).WithName(nameof(HandOverModelTests)),
            new HandOverMachine(maxSteps: 150).ToProperty());
}
