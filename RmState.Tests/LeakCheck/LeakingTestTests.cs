using System.Runtime.CompilerServices;
using Rm.Diagnostics;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Rm.Tests.LeakCheck;

/// <summary>A test that leaks fails when xunit runs it, and its failure names the line that allocated.</summary>
public sealed class LeakingTestTests
{
    [Theory]
    [InlineData(nameof(Tests.Leaks), 1)]
    [InlineData(nameof(Tests.LeaksUnseen), 1)]
    [InlineData(nameof(Tests.IsClean), 0)]
    public async Task ATestThatLeaksFails(string test, int failures)
    {
        Tests.LineOfLeak = 0;

        (RunSummary summary, IReadOnlyList<ITestFailed> failed) = await RunAsync(typeof(Tests), test);

        Assert.Equal((1, failures, failures), (summary.Total, summary.Failed, failed.Count));
        Assert.All(failed, failure =>
        {
            Assert.Contains(typeof(LeakException).FullName!, failure.ExceptionTypes, StringComparer.Ordinal);
            string site = Tests.LineOfLeak == 0 ? "unknown site" : $"{nameof(LeakingTestTests)}.cs:{Tests.LineOfLeak}";
            Assert.Contains($"{site}: 1 blocks, 33 bytes", string.Join('\n', failure.Messages), StringComparison.Ordinal);
        });
    }

    private static async Task<(RunSummary Summary, IReadOnlyList<ITestFailed> Failed)> RunAsync(Type type, string method)
    {
        var assembly = new TestAssembly(Reflector.Wrap(type.Assembly));
        var tests = new TestClass(new TestCollection(assembly, collectionDefinition: null, "leaking"), Reflector.Wrap(type));
        using var bus = new Bus();
        var log = new NullMessageSink();
        using var cancellation = new CancellationTokenSource();
        using var test = new XunitTestCase(
            log, TestMethodDisplay.ClassAndMethod, TestMethodDisplayOptions.None, new TestMethod(tests, Reflector.Wrap(type.GetMethod(method)!)));
        RunSummary summary = await test.RunAsync(log, bus, [], new ExceptionAggregator(), cancellation);
        return (summary, bus.Failed);
    }

    private sealed class Bus : IMessageBus
    {
        private readonly List<ITestFailed> _failed = [];

        public IReadOnlyList<ITestFailed> Failed => _failed;

        public bool QueueMessage(IMessageSinkMessage message)
        {
            if (message is ITestFailed failure)
            {
                _failed.Add(failure);
            }

            return true;
        }

        public void Dispose()
        {
        }
    }

    // Not public, so that no other run finds it: two of its tests fail.
#pragma warning disable xUnit1000
    private sealed class Tests : LeakChecked
#pragma warning restore xUnit1000
    {
        internal static int LineOfLeak { get; set; }

        [Fact]
        public void Leaks()
        {
            RmState state = NewState(new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
            LineOfLeak = LineHere() + 1;
            Assert.NotEqual(0, state.RmMalloc(33));
        }

        [Fact]
        public void LeaksUnseen()
        {
            RmState state = NewState();
            state.Level = RmDiagnosticsLevel.Counters;
            Assert.NotEqual(0, state.RmMalloc(33));
        }

        [Fact]
        public void IsClean()
        {
            RmState state = NewState();
            Assert.Equal(0, state.RmRelease(state.RmMalloc(33)));
        }

        private static int LineHere([CallerLineNumber] int line = 0) => line;
    }
}
