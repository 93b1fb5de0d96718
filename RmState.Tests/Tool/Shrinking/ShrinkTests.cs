using Rm.Diagnostics;
using Rm.Tests.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Tool;
using Rm.Tool.Shrinking;
using Rm.Violations;
using Xunit.Abstractions;

namespace Rm.Tests.Tool.Shrinking;

/// <summary>What is planted among thousands of operations is all that is left, and the test that is printed compiles and passes.</summary>
public sealed class ShrinkTests(ITestOutputHelper log) : LeakChecked
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public override void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        base.Dispose();
    }

    [Fact]
    public void PlantedLeakIsFound()
    {
        string test = Shrink(Recorded(state =>
        {
            nint leaked = state.RmCalloc(1, 123, "/src/Decoder.cs", 88);
            Noise(state, 1, 3000);
            state.RmRetain(leaked, "/src/Net.cs", 12);
            state.RmRetain(leaked, "/src/Net.cs", 13);
            Noise(state, 2, 3000);
            state.RmRelease(leaked, "/src/Net.cs", 40);
            Noise(state, 3, 3000);
        }));

        Assert.Equal(2, Operations(test));
        Assert.Contains("nint a = state.RmCalloc(1, 123);", test, StringComparison.Ordinal);
        Assert.Contains("// Decoder.cs:88", test, StringComparison.Ordinal);
        Assert.Contains("Assert.Equal(2, state.RmCount(a));", test, StringComparison.Ordinal);
        CompiledTest.Run(test);
    }

    [Fact]
    public void PlantedDoubleReleaseIsFound()
    {
        string test = Shrink(Recorded(state =>
        {
            nint twice = state.RmMalloc(64, "/src/Decoder.cs", 88);
            Noise(state, 4, 3000);
            state.RmRetain(twice);
            twice = state.RmRealloc(Released(state, twice), 100_000, "/src/Decoder.cs", 90);
            Noise(state, 5, 3000);
            state.RmRelease(twice, "/src/Decoder.cs", 120);
            Assert.Throws<UntrackedPointerException>(() => state.RmRelease(twice, "/src/Net.cs", 40));
            Noise(state, 6, 3000);
        }));

        Assert.Equal(3, Operations(test));
        Assert.Contains("Assert.Throws<UntrackedPointerException>(() => state.RmRelease(a));", test, StringComparison.Ordinal);
        Assert.Contains("Assert.Equal(0, state.RmRelease(a));", test, StringComparison.Ordinal);
        CompiledTest.Run(test);
    }

    [Theory]
    [InlineData(RecordedMisuse.Shared, 3)]
    [InlineData(RecordedMisuse.AlreadyTracked, 2)]
    [InlineData(RecordedMisuse.Untracked, 1)]
    [InlineData(RecordedMisuse.Finalizing, 3)]
    public void EveryMisuseThatReplaysMakesATestThatPasses(object misuse, int operations)
    {
        string test = Shrink(
            Recorded(state =>
            {
                Noise(state, 7, 1000);
                switch ((RecordedMisuse)misuse)
                {
                    case RecordedMisuse.Shared:
                        nint shared = state.RmAlignedAlloc(64, 10);
                        state.RmRetain(shared);
                        Assert.Throws<SharedBlockException>(() => state.RmRealloc(shared, 1));
                        state.RmRelease(shared);
                        state.RmRelease(shared);
                        break;
                    case RecordedMisuse.AlreadyTracked:
                        state.RmAttach(Fakes.Address(-9), Fakes.Leave);
                        Assert.Throws<AlreadyTrackedException>(() => state.RmAttach(Fakes.Address(-9)));
                        state.RmRelease(Fakes.Address(-9));
                        break;
                    case RecordedMisuse.Untracked:
                        Assert.Throws<UntrackedPointerException>(() => state.RmDetach(Fakes.Address(-9)));
                        break;
                    default:
                        state.RmAttach(Fakes.Address(-9), block => Assert.Throws<FinalizingBlockException>(() => state.RmRetain(block)), 80);
                        state.RmRelease(Fakes.Address(-9));
                        break;
                }

                Noise(state, 8, 1000);
            }),
            "--until",
            "violation");

        Assert.Equal(operations, Operations(test));
        Assert.Contains("Assert.Throws<", test, StringComparison.Ordinal);
        CompiledTest.Run(test);
    }

    [Fact]
    public void EveryOperationCompilesAndPasses()
    {
        byte[] file = Recorded(state =>
        {
            nint plain = state.RmMalloc(1);
            nint zeroed = state.RmCalloc(2, 3);
            nint aligned = state.RmAlignedAlloc(256, 9);
            plain = state.RmRealloc(plain, 20);
            state.RmRetain(zeroed);
            state.RmRelease(zeroed);
            state.RmAttach(Fakes.Address(1), Fakes.Leave);
            state.RmAttach(Fakes.Address(2), Fakes.Leave, 30);
            state.RmDetach(Fakes.Address(1));
            nint attached = state.RmMalloc(5);
            state.RmDetach(attached);
            state.RmAttach(attached, 5);
            attached = state.RmRealloc(attached, 40);
            state.RmDetach(attached);
            state.RmAttach(attached);
            state.RmRelease(attached);
            state.RmRelease(aligned);
            state.RmRelease(plain);
        });
        IReadOnlyList<ProgramStep> steps = RecordedProgram.Repair(RecordedProgram.Read(Save(file))).Steps;

        string test = TestWriter.Write("7 odd\nname", ShrinkGoal.Mismatch, steps);
        log.WriteLine(test);
        Assert.Contains("class The7OddNameRecording", test, StringComparison.Ordinal);
        CompiledTest.Run(test);
    }

    [Fact]
    public void BlocksThatLivedBeforeAreCutToo()
    {
        RmState state = NewState();
        nint before = state.RmMalloc(50);
        state.RmRetain(before);
        state.RmRetain(before);
        byte[] file = RecordingFiles.Of(state, () =>
        {
            Noise(state, 9, 2000);
            state.RmRelease(before);
        });
        state.RmRelease(before);
        state.RmRelease(before);

        string test = Shrink(file);
        Assert.Equal(2, Operations(test));
        Assert.Contains("lived when the recording began", test, StringComparison.Ordinal);
        CompiledTest.Run(test);
    }

    [Fact]
    public void RecordingWithoutAnythingWrongSaysSo()
    {
        (int code, string output, string error) = Run("shrink", Save(Recorded(state => Noise(state, 10, 1000))));

        Assert.Equal((ExitCode.Failed, ""), (code, output));
        Assert.Contains("nothing is wrong in its ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void TestIsWrittenToAFile()
    {
        string path = Path.Combine(_folder, "Out.cs");
        (int code, string output, string error) = Run("shrink", Save(Recorded(state => state.RmMalloc(8))), "-o", path);

        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Contains("1 of 1 operations, Leak", output, StringComparison.Ordinal);
        CompiledTest.Run(File.ReadAllText(path));
    }

    [Fact]
    public void ProgramOfTheUsersMayDecide()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string check = Path.Combine(_folder, "check");
        File.WriteAllText(check, "#!/bin/sh\n! grep -q Culprit.cs \"$1\"\n");
        File.SetUnixFileMode(check, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        byte[] file = Recorded(state =>
        {
            Noise(state, 11, 60);
            nint culprit = state.RmMalloc(8, "Culprit.cs", 7);
            Noise(state, 12, 60);
            state.RmRelease(culprit);
        });

        string test = Shrink(file, "--check", check);
        Assert.Equal(1, Operations(test));
        Assert.Contains("// Culprit.cs:7", test, StringComparison.Ordinal);
        CompiledTest.Run(test);
        Assert.Equal(ExitCode.Failed, Run("shrink", Save(Recorded(state => Noise(state, 13, 20))), "--check", check).Code);
        Assert.Equal(ExitCode.Usage, Run("shrink", Save(file), "--check", Path.Combine(_folder, "none")).Code);
        Assert.Equal(ExitCode.Usage, Run("shrink", Save(file), "--check", check, "--until", "leak").Code);
    }

    [Fact]
    public void FileThatIsNoRecordingIsRefused()
    {
        string path = Path.Combine(_folder, "x.rmt");
        File.WriteAllText(path, "what is this");

        (int code, _, string error) = Run("shrink", path);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("not a recorded heap", error, StringComparison.Ordinal);
    }

    private static byte[] Recorded(Action<RmState> act) => RecordingFiles.Of(act);

    private static nint Released(RmState state, nint block)
    {
        state.RmRelease(block);
        return block;
    }

    // Balanced, and none of it ever refused.
    private static void Noise(RmState state, int seed, int steps)
    {
        var work = new RandomWork(state, seed, firstFake: seed * 1_000_000);
        work.Run(steps);
        work.ReleaseAll();
    }

    private static int Operations(string test) =>
        test.Split('\n').Count(static line => line.Contains("state.Rm", StringComparison.Ordinal) && !line.Contains("state.RmCount", StringComparison.Ordinal));

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = Program.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private string Shrink(byte[] file, params string[] options)
    {
        (int code, string output, string error) = Run(["shrink", Save(file), .. options]);
        log.WriteLine(output);
        Assert.Equal((ExitCode.Success, ""), (code, error));
        return output;
    }

    private string Save(byte[] file)
    {
        string path = Path.Combine(_folder, "planted.rmt");
        File.WriteAllBytes(path, file);
        return path;
    }
}
