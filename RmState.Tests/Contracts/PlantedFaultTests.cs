using FsCheck;
using FsCheck.Experimental;
using FsCheck.Fluent;
using Rm.Arenas;
using Rm.Tests.Fuzz;

namespace Rm.Tests.Contracts;

/// <summary>The random programs of the contract find every kind of fault, and show it with few steps.</summary>
public sealed class PlantedFaultTests
{
    public static TheoryData<PlantedFault> Faults => [.. Enum.GetValues<PlantedFault>()];

    [Theory]
    [MemberData(nameof(Faults))]
    public void FaultIsFoundAndShrunkAndFoundAgainFromItsSeed(PlantedFault fault)
    {
        TestResult.Failed failed = Run(fault, Config.Quick.WithMaxTest(300).WithEndSize(60));

        var shrunk = (MachineRun<AllocatorProgram, ProgramModel>)failed.Item3[0];
        Assert.InRange(shrunk.Operations.Length, 1, 6);
        TestResult.Failed again = Run(fault, Config.Quick.WithReplay(failed.Item6.Seed, failed.Item6.Gamma, failed.Item7));
        Assert.Equal(shrunk.ToString(), again.Item3[0].ToString());
    }

    private static TestResult.Failed Run(PlantedFault fault, Config config)
    {
        var runner = new CapturingRunner();
        Check.One(config.WithRunner(runner), new AllocatorMachine(() => Make(fault), maxSteps: 60).ToProperty());
        return Assert.IsType<TestResult.Failed>(runner.Result);
    }

    private static AllocatorSubject Make(PlantedFault fault)
    {
        SizeClassHeap heap = new Arena(new ArenaOptions { ChunkSize = 16 << 20 }).CreateHeap();
        return new AllocatorSubject(new FaultyAllocator(heap, fault)) { Pool = heap };
    }
}
