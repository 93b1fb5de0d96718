using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Violations;

namespace Rm.Tests.Contracts;

public abstract unsafe partial class PoolContract
{
    [Fact]
    public void NullIsRefused()
    {
        AllocatorSubject subject = NewSubject();
        HeldBlock held = Allocate(subject, 100);

        Assert.Throws<ArgumentNullException>("block", () => subject.Allocator.Free(0, 0, 0));
        Assert.Throws<ArgumentNullException>("block", () => subject.Allocator.Reallocate(0, 0, 10, 0));

        AssertUnchanged(subject, held);
        FreeAll(subject, [held]);
    }

    [Fact]
    public void SecondFreeIsFoundWhereverTheBlockWentMeanwhile()
    {
        AllocatorSubject subject = NewSubject();
        foreach (nuint size in Sizes(subject))
        {
            HeldBlock[] held = [Allocate(subject, size), Allocate(subject, size), Allocate(subject, size)];
            nint freed = held[1].Address;
            subject.Allocator.Free(freed, 0, 0);

            AssertRefused(subject, freed, size <= 32 << 10 ? FreedType(subject) : null, held[0], held[2]);
            _ = subject.Pool!.Trim();
            AssertRefused(subject, freed, size <= 32 << 10 ? FreedType(subject) : null, held[0], held[2]);
            _ = subject.Arena!.Trim();
            AssertRefused(subject, freed, null, held[0], held[2]);
            FreeAll(subject, [held[0], held[2]]);
            AssertRefused(subject, freed, null);
        }
    }

    [Fact]
    public void SecondFreeSaysThatTheBlockMayHaveBeenFreedBefore()
    {
        AllocatorSubject subject = NewSubject();
        foreach (nuint size in Sizes(subject))
        {
            nint freed = Allocate(subject, size).Address;
            subject.Allocator.Free(freed, 0, 0);
            _ = subject.Pool!.Trim();

            var violation = Assert.ThrowsAny<MemoryViolationException>(() => subject.Allocator.Free(freed, 0, 0));
            Assert.Matches("free already|freed before", violation.Message);
        }
    }

    [Fact]
    public void PointerIntoABlockIsRefused()
    {
        AllocatorSubject subject = NewSubject();
        foreach (nuint size in Sizes(subject).Where(s => s > 0))
        {
            HeldBlock held = Allocate(subject, size);
            nuint[] offsets = [1, 8, 16, 64, 4096, Granule.Bytes, held.Extent / 2, held.Extent - 1];
            foreach (nuint offset in offsets.Where(o => o > 0 && o < held.Extent))
            {
                AssertRefused(subject, held.Address + (nint)offset, typeof(MisalignedPointerException), held);
            }

            FreeAll(subject, [held]);
        }
    }

    [Fact]
    public void PointerOfSomebodyElseIsRefused()
    {
        AllocatorSubject subject = NewSubject();
        AllocatorSubject stranger = NewSubject();
        HeldBlock held = Allocate(subject, 100);
        using SizeClassHeap sibling = subject.Arena!.CreateHeap("sibling");
        nint malloced = (nint)NativeMemory.Alloc(100);
        long local = 0;
        nint[] foreign =
        [
            malloced, (nint)(&local), sibling.Allocate(100), sibling.Allocate(100_000), sibling.Allocate(2 << 20), Allocate(stranger, 100).Address,
            Allocate(stranger, nuint.Min(5000, stranger.LargestSize)).Address, 1, 15, 4096, 1 << 16, unchecked((nint)(1L << 47)), unchecked((nint)(1L << 48)),
            unchecked((nint)(1L << 63)), -1, -16, nint.MinValue + 16, nint.MaxValue,
            held.Address | unchecked((nint)(1L << 48)), held.Address | unchecked((nint)(0x7FL << 56)),
        ];

        Assert.DoesNotContain(0, foreign);
        Assert.All(foreign, pointer => AssertRefused(subject, pointer, typeof(ForeignBlockException), held));

        NativeMemory.Free((void*)malloced);
        stranger.Pool!.Dispose();
        sibling.Verify();
        FreeAll(subject, [held]);
    }

    [Fact]
    public void PlaceThatWasNeverHandedOutIsRefused()
    {
        AllocatorSubject subject = NewSubject();
        HeldBlock held = Allocate(subject, 48);

        for (nint offset = 16; offset < 2 * Granule.Bytes; offset += 16)
        {
            nint pointer = held.Address + offset;
            Assert.ThrowsAny<MemoryViolationException>(() => subject.Allocator.Free(pointer, 0, 0));
        }

        AssertUnchanged(subject, held);
        FreeAll(subject, [held]);
    }

    private static Type FreedType(AllocatorSubject subject) =>
        subject.TellsFreedFromForeign ? typeof(DoubleFreeException) : typeof(ForeignBlockException);

    /// <summary>Frees and resizes what is no block: it must be said, by name, and nothing may change.</summary>
    private static void AssertRefused(AllocatorSubject subject, nint pointer, Type? violation, params HeldBlock[] held)
    {
        Action[] misuses = [() => subject.Allocator.Free(pointer, 0, 0), () => subject.Allocator.Reallocate(pointer, 0, 4000, 0)];
        string[] members = ["Free", "Reallocate"];
        foreach ((Action misuse, string member) in misuses.Zip(members))
        {
            var thrown = Assert.ThrowsAny<MemoryViolationException>(misuse);
            Assert.True(violation is null || thrown.GetType() == violation, $"{member} of 0x{pointer:x}: {thrown.GetType().Name}, not {violation}");
            Assert.Equal(pointer, thrown.Block);
            Assert.StartsWith($"{member} of 0x{pointer:x}: ", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("under test", thrown.Message, StringComparison.Ordinal);
        }

        AssertUnchanged(subject, held);
    }

    private static void AssertUnchanged(AllocatorSubject subject, params HeldBlock[] held)
    {
        subject.Arena!.Verify();
        Assert.Equal(held.Length, subject.Pool!.Usage.LiveBlocks);
        AssertIntact(held);
    }
}
