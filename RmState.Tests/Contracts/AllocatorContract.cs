using FsCheck;
using FsCheck.Experimental;
using FsCheck.Fluent;
using Rm.Memory;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Contracts;

/// <summary>
/// What every allocator promises, whoever wrote it. A new allocator gets a class derived from this one, or from
/// <see cref="PoolContract"/> if an arena's pool is behind it, that makes it; nothing else.
/// </summary>
public abstract partial class AllocatorContract : LeakChecked
{
    private static readonly nuint[] Impossible = [nuint.MaxValue, nuint.MaxValue - 15, (nuint)1 << 63, nuint.MaxValue / 2, (nuint)1 << 46];

    private readonly List<AllocatorSubject> _subjects = [];

    public static TheoryData<int> Alignments => [.. Enumerable.Range(0, 22).Select(log2 => 1 << log2)];

    /// <summary>The contract's own limit for an allocator whose tests run close to it.</summary>
    private protected virtual nuint UsualLimit => nuint.MaxValue;

    public override void Dispose()
    {
        GC.SuppressFinalize(this);
        try
        {
            base.Dispose();
            string[] left = [.. _subjects.Where(s => s.Pool is { IsDisposed: false, Usage.LiveBlocks: not 0 }).Select(s => $"{s.Pool} has blocks left")];
            Assert.Empty(left);
        }
        finally
        {
            _subjects.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public void RandomProgramsDoWhatTheContractSays()
    {
        var machine = new AllocatorMachine(() => Make(UsualLimit, new SystemVirtualMemory()), maxSteps: 60);

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(100).WithEndSize(60).WithQuietOnSuccess(true).WithName(GetType().Name),
            machine.ToProperty());

        Assert.Empty(machine.FailedAtEnd);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void LongProgramsDoWhatTheContractSays(int seed)
    {
        using AllocatorProgram program = NewProgram();

        RunLong(program, new System.Random(seed), steps: 6000);

        Assert.Null(program.Finish());
    }

    [Fact]
    public void ProgramGoesOnFromThreadToThread()
    {
        using AllocatorProgram program = NewProgram();
        var random = new System.Random(5);
        ProgramModel model = ProgramModel.Empty;

        for (int turn = 0; turn < 20; turn++)
        {
            OnThread.Run(() => model = RunLong(program, random, steps: 100, model));
        }

        Assert.Null(program.Finish());
    }

    [Fact]
    public void BlocksOfSizeZeroAreUniqueAndCanBeResized()
    {
        INativeAllocator allocator = NewSubject().Allocator;
        nint[] blocks =
        [
            .. Enumerable.Range(0, 50).SelectMany(_ => new[] { allocator.Allocate(0), allocator.AllocateZeroed(0), allocator.AllocateAligned(0, 8) }),
        ];

        Assert.DoesNotContain(0, blocks);
        Assert.Equal(blocks.Length, blocks.Distinct().Count());
        Assert.All(blocks, b => Assert.NotEqual(AddressOwner.Foreign, allocator.OwnerOf(b)));
        blocks[0] = allocator.Reallocate(blocks[0], 0, 8, 0);
        Assert.NotEqual(0, blocks[0]);
        blocks[0] = allocator.Reallocate(blocks[0], 8, 0, 0);
        Assert.NotEqual(0, blocks[0]);
        Assert.Equal(blocks.Length, blocks.Distinct().Count());
        Array.ForEach(blocks, b => allocator.Free(b, 0, 0));
    }

    [Fact]
    public void ImpossibleRequestsAreRefusedAndLeaveNothing()
    {
        AllocatorSubject subject = NewSubject();
        INativeAllocator allocator = subject.Allocator;
        HeldBlock held = Allocate(subject, 40);
        nuint committed = subject.Arena?.CommittedBytes ?? 0;

        foreach (nuint size in Impossible)
        {
            Assert.Equal(0, allocator.Allocate(size));
            Assert.Equal(0, allocator.AllocateZeroed(size));
            Assert.Equal(0, allocator.AllocateAligned(size, 64));
            Assert.Equal(0, allocator.AllocateAligned(size, 1 << 20));
            Assert.Equal(0, allocator.Reallocate(held.Address, 40, size, 0));
            Assert.Equal(0, allocator.Reallocate(held.Address, 0, size, 64));
        }

        Assert.Equal(-1, BlockBytes.FindDifference(held.Address, held, held.Extent));
        Assert.Equal(1, subject.Pool?.Usage.LiveBlocks ?? 1);
        Assert.Equal(committed, subject.Arena?.CommittedBytes ?? 0);
        subject.Arena?.Verify();
        allocator.Free(held.Address, 40, 0);
    }

    [Theory]
    [MemberData(nameof(Alignments))]
    public void AlignmentsAreKeptThroughResizing(int alignment)
    {
        AllocatorSubject subject = NewSubject();
        if (subject.MustRefuse(1, (nuint)alignment))
        {
            Assert.Equal(0, subject.Allocator.AllocateAligned(1, (nuint)alignment));
            return;
        }

        using var program = new AllocatorProgram(subject);
        nuint[] sizes = [0, 1, 100, 4097, 40_000, 70_000, 1 << 20, (1 << 20) + 1, 3 << 20, 2 << 20, 300_000, 33_000, 5000, 16, 0];
        for (int i = 0; i < sizes.Length; i++)
        {
            Assert.Null(program.Run(new ProgramStep(StepKind.AllocateAligned, i, sizes[i], (nuint)alignment)));
        }

        foreach (nuint size in sizes)
        {
            Assert.Null(program.Run(new ProgramStep(StepKind.Reallocate, 0, size)));
            Assert.Null(program.Check());
        }
    }

    [Fact]
    public void FreeingInRandomOrderReturnsEverything()
    {
        var random = new System.Random(11);
        for (int round = 0; round < 3; round++)
        {
            using var program = new AllocatorProgram(NewSubject());
            int[] order = [.. Enumerable.Range(0, 2000)];
            foreach (int id in order)
            {
                Assert.Null(program.Run(new ProgramStep(StepKind.Allocate, id, (nuint)random.Next(id % 50 == 0 ? 60_000 : 700))));
            }

            Assert.Null(program.Check());
            random.Shuffle(order);
            foreach (int id in order)
            {
                Assert.Null(program.Run(new ProgramStep(StepKind.Free, id)));
            }

            Assert.Equal(0, program.LiveBlocks);
            Assert.Null(program.Check());
            Assert.Null(program.Finish());
        }
    }

    /// <summary>Makes the allocator.</summary>
    /// <param name="commitLimit">The most bytes its arena may commit.</param>
    /// <param name="memory">Where its arena gets address space.</param>
    private protected abstract AllocatorSubject Make(nuint commitLimit, IVirtualMemory memory);

    private protected AllocatorSubject NewSubject(nuint? commitLimit = null, IVirtualMemory? memory = null)
    {
        AllocatorSubject subject = Make(commitLimit ?? UsualLimit, memory ?? new SystemVirtualMemory());
        _subjects.Add(subject);
        return subject;
    }

    private protected static HeldBlock Allocate(AllocatorSubject subject, nuint size)
    {
        nint address = subject.Allocator.Allocate(size);
        Assert.NotEqual(0, address);
        var block = new HeldBlock(address, size, 0, subject.Allocator.KnowsSizes ? subject.Allocator.UsableSize(address) : size, (int)size);
        BlockBytes.Fill(block);
        return block;
    }

    private protected static void AssertIntact(params IEnumerable<HeldBlock> blocks) =>
        Assert.All(blocks, b => Assert.Equal(-1, BlockBytes.FindDifference(b.Address, b, b.Extent)));

    private AllocatorProgram NewProgram() => new(NewSubject(), failed => Assert.Fail(failed));

    private static ProgramModel RunLong(AllocatorProgram program, System.Random random, int steps, ProgramModel? from = null)
    {
        const int crowd = 150;
        const int between = 100;
        ProgramModel model = from ?? ProgramModel.Empty;
        for (int i = 0; i < steps; i++)
        {
            ProgramStep step = StepSource.Draw(random, model, crowd);
            string? wrong = program.Run(step) ?? (i % between == 0 ? program.Check() : null);
            Assert.True(wrong is null, $"step {i}, {step}: {wrong}");
            model = model.After(step);
        }

        return model;
    }
}
