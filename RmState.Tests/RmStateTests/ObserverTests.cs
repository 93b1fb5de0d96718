using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>The hook for diagnostics hears of every operation once, with its call site, and of nothing that failed.</summary>
public sealed class ObserverTests : LeakChecked
{
    [Fact]
    public void EveryOperationIsToldOnceAfterItSucceeded()
    {
        var observer = new Listing();
        RmState state = NewState();
        nint before = state.RmMalloc(8);
        state.AddObserver(observer);

        nint a = state.RmMalloc(8);
        state.RmRetain(a);
        state.RmRelease(a);
        nint b = state.RmRealloc(a, 100_000);
        state.RmAttach(Fakes.Address(1), Fakes.Leave);
        state.RmDetach(Fakes.Address(1));
        state.RmRelease(b);
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(b));
        Assert.False(state.RmTryRelease(b, out _));
        Assert.False(state.RmTryMalloc(nuint.MaxValue, out _));
        state.RemoveObserver(observer);
        state.RmRelease(before);

        Assert.Equal(
            [
                (RmOperation.Allocate, a, 0, 1), (RmOperation.Retain, a, 0, 2), (RmOperation.Release, a, 0, 1),
                (RmOperation.Reallocate, b, a, 1), (RmOperation.Attach, Fakes.Address(1), 0, 1),
                (RmOperation.Detach, Fakes.Address(1), 0, 0),
                (RmOperation.Free, b, 0, 0),
            ],
            observer.Operations);
        Assert.Equal(1, observer.Violations);
    }

    [Fact]
    public void CallSitesAreThoseOfTheCaller()
    {
        var observer = new Listing();
        RmState state = NewState();
        state.AddObserver(observer);

        nint block = state.RmMalloc(8, "here.cs", 10);
        state.RmRetain(block, "there.cs", 20);
        state.RmRelease(block);
        state.RmRelease(block);

        Assert.Equal([("here.cs", 10), ("there.cs", 20)], observer.Sites.Take(2));
        Assert.All(observer.Sites.Skip(2), s => Assert.EndsWith($"{nameof(ObserverTests)}.cs", s.File, StringComparison.Ordinal));
        Assert.Equal(1, observer.Sites[3].Line - observer.Sites[2].Line);
    }

    [Fact]
    public void StateWorksTheSameWhileObserved()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Allocator = NewAllocator() });
        var observer = new Listing();
        state.AddObserver(observer);
        var work = new RandomWork(state, seed: 77);
        for (int round = 0; round < 20; round++)
        {
            work.Run(200);
            if (round % 2 == 0)
            {
                state.RemoveObserver(observer);
            }
            else
            {
                state.AddObserver(observer);
            }

            work.AssertModelMatches();
            state.Verify();
        }

        work.ReleaseAll();
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }

    private sealed class Listing : StateObserver
    {
        public List<(RmOperation Operation, nint Block, nint Previous, long Count)> Operations { get; } = [];

        public List<(string File, int Line)> Sites { get; } = [];

        public int Violations { get; private set; }

        internal override void Done(in StateEvent done)
        {
            Operations.Add((done.Operation, done.Block, done.Previous, done.Count));
            Sites.Add((done.File, done.Line));
        }

        internal override void Violated(MemoryViolationException violation) => Violations++;
    }
}
