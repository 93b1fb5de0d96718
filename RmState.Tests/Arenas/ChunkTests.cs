using FsCheck;
using FsCheck.Fluent;
using Rm.Arenas;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>Chunks against a model of one bool a granule; a failure prints its seed and the shrunk program.</summary>
public sealed class ChunkTests : LeakChecked
{
    private static readonly nint Start = unchecked((nint)0x5000_0003_0000);

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(200)]
    public void ChunkDoesWhatTheModelSays(int granules)
    {
        Gen<(int Kind, int At, int Count, int Pages)> step =
            from kind in Gen.Choose(0, 5)
            from at in Gen.Choose(0, granules - 1)
            from count in Gen.Frequency((3, Gen.Choose(1, 4)), (1, Gen.Choose(1, granules)))
            from pages in Gen.Frequency((2, Gen.Constant(0xFFFF)), (3, Gen.Choose(1, 0xFFFF)))
            select (kind, at, Math.Min(count, granules - at), pages);
        Arbitrary<(int Kind, int At, int Count, int Pages)[]> programs = Arb.From(step.ArrayOf(), Shrink);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(60).WithQuietOnSuccess(true),
            Prop.ForAll(programs, program => Run(granules, program)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(64)]
    public void RunsAreTheLowestThatAreAligned(int alignment)
    {
        var chunk = new Chunk(ChunkKind.Reserved, Start, 150);
        var model = new ChunkModel(Start, 150);
        var random = new Random(alignment);
        for (int round = 0; round < 2000; round++)
        {
            int granules = random.Next(1, 10);
            int found = chunk.FindRun(granules, (nuint)alignment * Granule.Bytes);
            Assert.Equal(model.FindRun(granules, (nuint)alignment * Granule.Bytes), found);
            if (found >= 0 && random.Next(3) != 0)
            {
                chunk.Take(found, granules);
                model.Take(found, granules);
            }

            int given = random.Next(150);
            if (!chunk.IsFree(given))
            {
                chunk.Give(given, 1);
                model.Give(given, 1);
            }
        }
    }

    [Fact]
    public void AddressesAndIndexesGoWithEachOther()
    {
        var chunk = new Chunk(ChunkKind.Region, Start, 100_000);
        Assert.Equal(100_000L * Granule.Bytes, (long)chunk.Bytes);
        foreach (int granule in new[] { 0, 1, 40_000, 99_999 })
        {
            Assert.Equal(Start + ((nint)granule * Granule.Bytes), chunk.AddressOf(granule));
            Assert.Equal(granule, chunk.IndexOf(chunk.AddressOf(granule)));
            Assert.Equal(granule, chunk.IndexOf(chunk.AddressOf(granule) + Granule.Bytes - 1));
        }
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(16384)]
    [InlineData(65536)]
    public void PartsAreThePagesOfAStretch(int page)
    {
        var chunk = new Chunk(ChunkKind.Reserved, Start, 8);
        int pages = Granule.Bytes / page;
        for (int first = 0; first < 3 * pages; first++)
        {
            for (int last = first; last < 4 * pages; last++)
            {
                List<int> expected = [.. Enumerable.Range(first, last - first + 1)];
                List<int> found = [];
                foreach (ChunkParts part in new ChunkParts(chunk, Start + (first * (nint)page), (nuint)((last - first) * page) + 1, (nuint)page))
                {
                    (int granule, int bits) = (part.Granule, part.Pages);
                    found.AddRange(Enumerable.Range(0, 16).Where(bit => (bits >> bit & 1) != 0).Select(bit => (granule * pages) + bit));
                }

                Assert.Equal(expected, found);
            }
        }
    }

    private static void Run(int granules, (int Kind, int At, int Count, int Pages)[] program)
    {
        var chunk = new Chunk(ChunkKind.Reserved, Start, granules);
        var model = new ChunkModel(Start, granules);
        foreach ((int kind, int at, int count, int pages) in program)
        {
            Assert.Equal(model.IsFreeRun(at, count), chunk.IsFreeRun(at, count));
            Assert.Equal(model.FindRun(count, (nuint)Granule.Bytes << (pages & 3)), chunk.FindRun(count, (nuint)Granule.Bytes << (pages & 3)));
            Step(chunk, model, kind, at, count, (ushort)pages);
            Assert.Null(model.Difference(chunk));
        }
    }

    // Pages are committed in granules that are taken only, as the arena does; they go at any time.
    private static void Step(Chunk chunk, ChunkModel model, int kind, int at, int count, ushort pages)
    {
        bool isTaken = Enumerable.Range(at, count).All(granule => !chunk.IsFree(granule));
        switch (kind)
        {
            case 0 or 1 when chunk.IsFreeRun(at, count):
                chunk.Take(at, count);
                model.Take(at, count);
                break;
            case 2 when isTaken:
                chunk.Give(at, count);
                model.Give(at, count);
                break;
            case 3 or 4 when !chunk.IsFree(at):
                chunk.SetCommitted(at, pages);
                model.Commit(at, pages, dirty: kind == 3);
                if (kind == 3)
                {
                    chunk.SetDirty(at, pages);
                }

                break;
            case 5:
                chunk.SetDecommitted(at, pages);
                model.Decommit(at, pages);
                break;
        }
    }

    private static IEnumerable<(int Kind, int At, int Count, int Pages)[]> Shrink((int Kind, int At, int Count, int Pages)[] program) =>
        Rm.Fuzz.Shrinking.DeltaShrinker.Candidates(program).Select(candidate => candidate.ToArray());
}
