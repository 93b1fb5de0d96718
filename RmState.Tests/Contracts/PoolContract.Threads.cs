using Rm.Arenas;
using Rm.Memory;
using Rm.Tests.Faults;
using Rm.Violations;

namespace Rm.Tests.Contracts;

public abstract partial class PoolContract
{
    private static readonly Dictionary<string, Action<AllocatorSubject, nint>> Operations = new(StringComparer.Ordinal)
    {
        ["allocate"] = (s, _) => s.Allocator.Allocate(24),
        ["allocate a large block"] = (s, _) => s.Allocator.Allocate(nuint.Min(2 << 20, s.LargestSize)),
        ["allocate zeroed"] = (s, _) => s.Allocator.AllocateZeroed(24),
        ["allocate aligned"] = (s, _) => s.Allocator.AllocateAligned(24, 16),
        ["reallocate"] = (s, b) => s.Allocator.Reallocate(b, 0, 30, 0),
        ["free"] = (s, b) => s.Allocator.Free(b, 0, 0),
        ["trim"] = (s, _) => s.Pool!.Trim(),
        ["verify"] = (s, _) => s.Pool!.Verify(),
        ["dispose"] = (s, _) => s.Pool!.Dispose(),
    };

    public static TheoryData<string> OperationNames => [.. Operations.Keys];

    [Theory]
    [MemberData(nameof(OperationNames))]
    public void SecondThreadDuringAnOperationOfTheFirstIsAnOverlap(string operation)
    {
        var memory = new HookedMemory();
        AllocatorSubject subject = NewSubject(memory: memory);
        var held = new List<HeldBlock> { Allocate(subject, 24) };
        ConcurrentUseException? refused = null;

        // The first thread stays inside its operation while another tries.
        memory.Next = () => OnThread.Run(() => refused = Assert.Throws<ConcurrentUseException>(() => Operations[operation](subject, held[0].Address)));
        while (memory.Next is not null)
        {
            held.Add(Allocate(subject, nuint.Min(2 << 20, subject.LargestSize)));
        }

        Assert.Contains("one thread at a time", refused!.Message, StringComparison.Ordinal);
        AssertUnchanged(subject, [.. held]);
        FreeAll(subject, held);
        Assert.Null(subject.FindRetained());
    }

    [Theory]
    [MemberData(nameof(OperationNames))]
    public void RefusedOverlapDoesNotLeaveTheAllocatorBusy(string operation)
    {
        var memory = new HookedMemory();
        AllocatorSubject subject = NewSubject(memory: memory);
        HeldBlock held = Allocate(subject, 24);
        memory.Next = () => Assert.Throws<ConcurrentUseException>(() => Operations[operation](subject, held.Address));
        while (memory.Next is not null)
        {
            _ = Allocate(subject, nuint.Min(2 << 20, subject.LargestSize));
        }

        Operations[operation](subject, held.Address);

        subject.Pool!.Dispose();
        Assert.True(subject.Pool.IsDisposed);
    }

    [Fact]
    public void FailedOperationsDoNotLeaveTheAllocatorBusy()
    {
        AllocatorSubject subject = NewSubject(4 << 20);
        HeldBlock held = Allocate(subject, 24);
        INativeAllocator allocator = subject.Allocator;
        Action[] failing =
        [
            () => Assert.Equal(0, allocator.Allocate(nuint.MaxValue)),
            () => Assert.Equal(0, allocator.Allocate(5 << 20)),
            () => Assert.Equal(0, allocator.Reallocate(held.Address, 0, 5 << 20, 0)),
            () => Assert.Throws<ForeignBlockException>(() => allocator.Free(16, 0, 0)),
            () => Assert.Throws<ForeignBlockException>(() => allocator.Reallocate(16, 0, 20, 0)),
            () => Assert.Throws<MisalignedPointerException>(() => allocator.Free(held.Address + 1, 0, 0)),
            () => Assert.Throws<ArgumentNullException>(() => allocator.Free(0, 0, 0)),
            () => Assert.Throws<ArgumentOutOfRangeException>(() => subject.Pool!.Trim(-1)),
        ];

        Assert.All(failing, fail =>
        {
            fail();
            FreeAll(subject, [Allocate(subject, 24)]);
            subject.Pool!.Verify();
        });
        FreeAll(subject, [held]);
    }

    [Fact]
    public void PoolsOfOneArenaWorkOnTheirThreadsAtOnce()
    {
        // The arena is what they share; each heap belongs to its thread.
        AllocatorSubject subject = NewSubject();
        var ready = new Barrier(4);
        Action[] waits = [.. Enumerable.Range(0, 4).Select(i => OnThread.Start(() =>
        {
            using SizeClassHeap heap = subject.Arena!.CreateHeap($"heap {i}");
            var random = new Random(i);
            var held = new List<nint>();
            ready.SignalAndWait();
            for (int step = 0; step < 10_000; step++)
            {
                if (held.Count == 0 || random.Next(100) >= held.Count)
                {
                    nint block = heap.Allocate(StepSource.Size(random) / 4);
                    held.AddRange(block == 0 ? [] : [block]);
                }
                else
                {
                    int at = random.Next(held.Count);
                    heap.Free(held[at]);
                    held.RemoveAt(at);
                }
            }

            heap.Verify();
            held.ForEach(heap.Free);
            Assert.Equal(0, heap.Usage.LiveBlocks);
        }))];

        Assert.All(waits, wait => wait());
        subject.Arena!.Verify();
        Assert.Null(subject.FindRetained());
    }
}
