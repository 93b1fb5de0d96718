using Rm.Arenas;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Replay;

/// <summary>A heap whose books differ from the trace is reported, and so is one whose blocks have the wrong size.</summary>
public sealed class ArenaAuditTests
{
    private static readonly ReplayScript OneBlockOfAHundred = Scripts.Written(w => w.Malloc(100));

    [Fact]
    public void RightBooksPass() => Assert.Empty(Audit(OneBlockOfAHundred, heap => heap.Allocate(100)));

    [Fact]
    public void BlockTooManyIsReported() => Assert.Contains(
        "blocks live in the heap: 2, and the trace says 1",
        Audit(OneBlockOfAHundred, heap =>
        {
            heap.Allocate(0);
            return heap.Allocate(100);
        }),
        StringComparer.Ordinal);

    [Theory]
    [InlineData(80, "bytes of object 0: 80, and should be 100 to 128")]
    [InlineData(130, "bytes of object 0: 144, and should be 100 to 128")]
    public void BlockOfTheWrongSizeIsReported(int size, string message) =>
        Assert.Equal(message, Assert.Single(Audit(OneBlockOfAHundred, heap => heap.Allocate((nuint)size))));

    [Fact]
    public void BlockOfAnotherHeapIsReported()
    {
        using var other = new Arena();

        Assert.Contains("object 0 is not the heap's", Audit(OneBlockOfAHundred, _ => other.CreateHeap().Allocate(100)), StringComparer.Ordinal);
    }

    [Fact]
    public void CorruptArenaIsReported()
    {
        nint start = 0;
        ulong entry = 0;
        IReadOnlyList<string> messages = Audit(
            OneBlockOfAHundred,
            heap =>
            {
                // Of a slab without a live block: the audit meets it in Verify alone.
                start = heap.Allocate(5000);
                entry = heap.Arena.FindEntry(start);
                heap.Free(start);
                heap.Arena.SetEntry(start, 1, 0);
                return heap.Allocate(100);
            },
            heap => heap.Arena.SetEntry(start, 1, entry));

        Assert.StartsWith("the arena is corrupt: ", Assert.Single(messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, false, 16)]
    [InlineData(800, 0, false, 916)]
    [InlineData(800, 200, false, 1141)]
    [InlineData(900, 0, true, 1216)]
    public void BlocksMayBeLargerByAFewPercent(int size, int alignment, bool resized, int most) =>
        Assert.Equal((nuint)most, ArenaAudit.MostFor((nuint)size, (nuint)alignment, resized));

    private static IReadOnlyList<string> Audit(ReplayScript script, Func<SizeClassHeap, nint> use, Action<SizeClassHeap>? repair = null)
    {
        using var arena = new Arena();
        SizeClassHeap heap = arena.CreateHeap();
        var tally = new ReplayTally();
        ArenaAudit.Run(heap, script, [use(heap)], tally);
        repair?.Invoke(heap);
        return tally.Messages;
    }
}
