using FsCheck;
using FsCheck.Experimental;

namespace Rm.Tests.Arenas;

/// <summary>Random programs over block heaps of many shapes against a dictionary; a failure prints its seed and the shrunk program.</summary>
public sealed class BlockHeapModelTests
{
    [Theory]
    [InlineData(1, 3, true, 0)]
    [InlineData(24, 5, true, 1)]
    [InlineData(64, 1024, true, 1)]
    [InlineData(64, 2, false, 2)]
    [InlineData(700, 250, true, 1)]
    [InlineData(5000, 4, true, 0)]
    [InlineData(40_000, 3, false, 1)]
    [InlineData(70_000, 1, true, 0)]
    public void AHeapDoesWhatTheModelSays(int elementSize, int perBlock, bool zeroed, int keepEmpty) =>
        Run(() => new BlockHeapProgram(elementSize, perBlock, passThrough: false, zeroed, keepEmpty));

    [Fact]
    public void APassThroughHeapDoesWhatTheModelSays() =>
        Run(() => new BlockHeapProgram(48, 16, passThrough: true, zeroed: true, keepEmpty: 1));

    private static void Run(Func<BlockHeapProgram> make) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(120).WithQuietOnSuccess(true).WithName(nameof(BlockHeapModelTests)),
            new BlockHeapMachine(make, maxSteps: 120).ToProperty());
}
